"""What every built-in function and every key of a document means: one line each, in zh and en."""

from __future__ import annotations

from engine.kernel.documents import Text


def _read(table: str) -> dict[str, Text]:
    """Read lines of `name | zh | en`."""
    rows = (line.split(" | ") for line in table.strip().splitlines())
    return {name: Text(zh=zh, en=en) for name, zh, en in rows}


# The meanings follow DMN 1.5, 10.3.4; `interpolate`, `is defined` and `is applicable` are of this language.
FUNCTIONS: dict[str, Text] = _read("""
decimal | 取 n 到 scale 位小数，恰在中间取偶 | n to scale decimal places, a half to the even neighbour
round up | 取 n 到 scale 位小数，远离零 | n to scale decimal places, away from zero
round down | 取 n 到 scale 位小数，趋向零 | n to scale decimal places, towards zero
round half up | 四舍五入到 scale 位小数，恰在中间远离零 | n to scale decimal places, a half away from zero
round half down | 取最近的 scale 位小数，恰在中间趋向零 | n to scale decimal places, a half towards zero
floor | 不大于 n 的最大值 | the greatest value that is not above n
ceiling | 不小于 n 的最小值 | the least value that is not below n
abs | 绝对值 | the value without its sign
modulo | 相除的余数，符号随除数 | what a division leaves over, with the sign of the divisor
sqrt | 平方根 | the square root
log | 自然对数 | the natural logarithm
exp | e 的 number 次幂 | e to the power of number
odd | 是否为奇数 | whether a number is odd
even | 是否为偶数 | whether a number is even
interpolate | 过 (x0, y0) 与 (x1, y1) 的直线在 x 处的值，两端截断 | the line through (x0, y0) and (x1, y1) at x, held at both ends
substring | 从某位置起的一段文字，从 1 数起，负数从末尾数 | the text from a position on, counted from 1, or back from -1
string length | 文字的字符数 | how many characters a text has
upper case | 全部大写 | the text in capitals
lower case | 全部小写 | the text in small letters
substring before | match 之前的文字 | the text before the first match
substring after | match 之后的文字 | the text after the first match
contains | 文字是否含有 match | whether a text contains another
starts with | 文字是否以 match 开头 | whether a text starts with another
ends with | 文字是否以 match 结尾 | whether a text ends with another
matches | 文字是否符合正则表达式 | whether a text fits a regular expression
replace | 把符合正则表达式之处换成另一段文字 | the text with each fit of a regular expression replaced
split | 按分隔符（正则表达式）切成列表 | the parts of a text between delimiters, a regular expression
string join | 把列表中的文字连接起来 | the texts of a list joined, with the delimiter between them
number | 把文字读成数字 | the number that a text writes
list contains | 列表是否含有某值 | whether a list holds a value
list replace | 换掉列表中某位置或符合条件的项 | the list with the item at a position, or those that match, replaced
count | 列表的项数 | how many items a list has
min | 最小值 | the least of the values
max | 最大值 | the greatest of the values
sum | 总和 | the sum of the numbers
mean | 平均数 | the mean of the numbers
median | 中位数 | the middle one of the numbers
stddev | 样本标准差 | the sample standard deviation
product | 乘积 | the product of the numbers
mode | 出现最多的数，由小到大 | the numbers that come most often, in ascending order
append | 在列表末尾加上各项 | the list with the items at its end
concatenate | 把几个列表接成一个 | the lists one after another
union | 合并几个列表，去掉重复 | the lists one after another, each value once
insert before | 在某位置之前插入一项 | the list with an item put before a position
remove | 去掉某位置的一项 | the list without the item at a position
reverse | 倒序 | the list from its end to its start
index of | 与某值相等的各项的位置 | the positions at which a value stands
distinct values | 去掉重复的值 | the list with each value once
flatten | 把嵌套的列表展平 | the items of a list and of all lists in it
sublist | 从某位置起的若干项 | the items from a position on, at most length of them
sort | 排序；precedes 说明谁在前 | the list in order; precedes says which of two comes first
not | 非 | true for false, false for true
all | 是否全部为 true | whether every value is true
any | 是否有一个为 true | whether at least one value is true
is | 两值类型与内容是否都相同 | whether two values are the same in type and content
is defined | 该值是否存在 | whether the value is there
is applicable | 该决策是否适用 | whether the decision applies
get value | 上下文中某键的值 | what a context holds under a key, or along keys
get entries | 上下文的键与值，列成表 | the keys and values of a context, as a list
context | 由键与值的列表做成上下文 | the context of a list of keys and values
context put | 加上或换掉一个键的上下文 | the context with a value put under a key, or along keys
context merge | 合并几个上下文，后者优先 | the contexts in one, later ones first
range | 把文字读成区间 | the range that a text writes
before | 前者是否完全在后者之前 | whether the first lies wholly before the second
after | 前者是否完全在后者之后 | whether the first lies wholly after the second
meets | 前一区间的终点是否恰为后一区间的起点 | whether the first range ends where the second starts
met by | 前一区间的起点是否恰为后一区间的终点 | whether the first range starts where the second ends
overlaps | 两区间是否有共同的点 | whether two ranges share a point
overlaps before | 前一区间是否先开始并伸入后一区间 | whether the first starts earlier and reaches into the second
overlaps after | 前一区间是否后开始、后结束且与后一区间相交 | whether the first starts inside the second and ends later
finishes | 前者是否与后一区间同时结束 | whether the first ends with the second, and lies in it
finished by | 后者是否与前一区间同时结束 | whether the second ends with the first, and lies in it
includes | 前一区间是否包含后者 | whether the range holds the second
during | 前者是否在后一区间之内 | whether the first lies within the range
starts | 前者是否与后一区间同时开始 | whether the first starts with the second, and lies in it
started by | 后者是否与前一区间同时开始 | whether the second starts with the first, and lies in it
coincides | 两者是否完全相同 | whether both are the same
date | 日期：由文字、日期时间或年月日 | a date: from a text, a date and time, or year, month and day
time | 时间：由文字、日期时间或时分秒 | a time: from a text, a date and time, or hour, minute and second
date and time | 日期时间：由文字、日期与时间或各部分 | a date and time: from a text, a date and a time, or their parts
duration | 把文字读成时长，如 P30D、P1Y2M | the duration that a text writes, such as P30D or P1Y2M
years and months duration | 两日之间的整年整月 | the whole years and months between two days
string | 把值写成文字 | the value written as text
day of year | 一年中的第几天 | which day of the year it is
day of week | 星期几，英文名 | the day of the week, by its English name
month of year | 月份，英文名 | the month, by its English name
week of year | 一年中的第几周（ISO 8601） | the week of the year (ISO 8601)
""")

KEYS: dict[str, Text] = _read("""
schema_version | 文件格式的版本 | the version of the form of documents
kind | 文件或条目的类型 | which kind of document or item this is
id | 供引用的标识 | the name that others refer to it by
version | 三段版本号；发布后不再更改 | three numbers; a published version never changes
title | 中英文标题 | its title in Chinese and English
owner | 负责此内容的人或部门 | who answers for it
effective_from | 从何时起生效，带数字时区 | from when it is in force, with a numeric offset
effective_to | 何时失效；不写则一直有效 | when it ends; without it, it does not
clause | 所落实的制度条款 | the paragraph of the policy that it implements
feel | 表达式语言的级别 | the level of the expression language
use | 写 `demonstration` 则只用于演示 | `demonstration`: for showing only, never for deciding about people
jurisdictions | 适用的法域 | the jurisdictions whose law applies
note | 给读者的说明 | a remark for readers
zh | 中文 | the text in Chinese
en | 英文 | the text in English
inputs | 输入：名称、类型、单位与范围 | the inputs: their names, types, units and ranges
params | 参数：规则集中的常量，或函数的参数 | the constants of the document, or what a function takes
uses | 引用的其他规则集，按别名 | the rule sets that this one uses, by alias
functions | 可在多处使用的函数 | functions that several decisions use
assume | 输入之间已知成立的关系 | what is known to hold between inputs
decisions | 决策：表格或表达式 | the decisions: tables or expressions
reasons | 理由代码及其中英文说明 | the reason codes and their texts
guarantees | 对所有情形都要证明的性质 | what must be proved for every case
type | 值的类型 | the type of the value
unit | 单位，如 `points`、`CNY/month` | the unit, such as `points` or `CNY/month`
one_of | 可取的值，不分先后 | the values that it can have, in no order
ranked | 可取的值，由差到好 | the values that it can have, worst to best
label | 给人看的名称 | what people read instead of the name
range | 允许的范围，如 "[0..100]" | the values that are allowed, such as "[0..100]"
scale | 输入：最多几位小数；模型：所用的量表 | for an input the most decimal places, for a rating its scale
default | 未给出或无行命中时的值 | the value when none is given, or no row hits
nullable | 是否可以没有值 | whether the value may be missing
source | 数据来自哪个部门或系统 | where the value comes from
value | 值，或给出它的表达式 | the value, or the expression that gives it
provenance | 由人设定还是由数据得出 | whether people set it or data gave it
evidence | 依据：数据文件的散列或证据水平 | what it rests on: a file's hash, or how strong the evidence is
hit_policy | 多行符合时怎么办 | what happens when several rows fit
aggregate | collect 时怎样合并各行的值 | how `collect` joins the values of the rows
columns | 表头：条件与输出 | the heads of a table: conditions and outputs
rows | 逐行列出的规则 | the rules of a table, listed
table | 用竖线画出的决策表 | a decision table drawn with bars
priority | 输出值的优先次序，或目标的先后 | the order of values, the first wins; of a target, how urgent it is
outputs | 多个输出及其类型 | several outputs and their types
only_if | 何时适用 | when it applies
digits | 恰好打印几位小数 | how many decimal places are printed, exactly
always | 必须始终成立的表达式 | an expression that must hold for every case
never_decreases | 不得因 `when_rises` 升高而降低的值 | the value that must not fall when `when_rises` rises
never_worse | 不得因 `when_rises` 升高而变差的结果 | the outcome that must not get worse when `when_rises` rises
independent_of | 结果不得取决于的输入 | the input on which nothing may depend
unchanged_from | 与之结果相同的版本 | the version that gives the same
when_rises | 升高的输入 | the input that rises
of | 所属的文件，或所说的决策 | the document that it belongs to, or the decision it is about
when | 条件 | the conditions
then | 结论 | what follows
unless | 有这些事实时不成立 | the facts that keep the rule from firing
facts | 输入事实的形状 | the shapes of the facts that come in
derives | 推出事实的形状 | the shapes of the facts that are derived
rules | 推理规则 | the rules of the inference
fact | 所匹配的事实 | which kind of fact is matched
where | 事实须满足的条件 | what must hold of the fact
cases | 案例 | the cases
versions | 案例适用的版本 | the versions that the case is about
defaults | 每个案例共有的部分 | what every case has in common
as_of | 按此时点裁定 | the moment as of which it is decided
without | 从默认输入中去掉的名称 | the names that are left out of the defaults
expect | 应得的结果；只比较所写的键 | what must come out; only the keys that stand here count
hit | 应命中的行 | the row that must hit
confirm | 待负责人确认 | still to be confirmed by the owner
grid | 画成表格的许多案例 | many cases drawn as a table
role | 岗位 | the role
evidence_from | 证据所来自的推理 | the inference whose evidence it reads
min_confidence | 低于此置信度的证据不用 | evidence below this confidence is not used
discrepant_above | 评分相差超过此值即为不一致 | ratings further apart than this disagree
bands | 分数段，各段止于下一段的起点 | the bands; each ends where the next one starts
scales | 评分量表：等级到分数 | the scales: from a rating to points
mentions | 在回答中找词的方法 | how words are looked for in answers
indicators | 指标 | the indicators
competencies | 胜任力，权重合计 100 | the competencies; their weights sum to 100
weight | 权重 | how much it counts
floor | 底线；低于它即记入 `below_floor` | below this it is listed in `below_floor`
job_analysis | 岗位分析的出处 | where the job analysis says so
anchors | 各等级的行为描述 | what each level looks like in behaviour
parts | 组成部分，份额合计 100 | the parts; their shares sum to 100
share | 在胜任力中所占的份额 | how much of the competency it makes up
if_missing | 缺少时怎么办 | what happens when it is missing
method | 计分方法 | how points are given
start | 起始分 | the points to start from
points | 加减的分数 | the points that are added or taken
indicator | 指标 | the indicator
rating | 评分的名称 | which ratings are read
take | 多个评分取哪个值 | which value of several ratings counts
at_least | 至少多少 | at least this much
at_most | 至多多少 | at most this much
measure | 所读的测量值 | which measure is read
questions | 提问的题目 | the questions that look for it
keywords | 关键词 | the words that show it
amount | 须提到的数量 | the amount that must be mentioned
within | 数量须在多近的范围内 | how near the amount must stand
words | 数量的说法 | how an amount is worded
verbs | 动词 | the verbs
objects | 宾语 | the objects
reads | 读作 | what it reads as
from | 从何处或何时起 | from where, or from when on
to | 到何处或何时止 | to where, or until when
confidence | 置信度 | how sure a mention is
gap | 词与词之间最多隔几个字 | how many signs may stand between words
breaks | 断开句子的符号 | the signs that part sentences
negation | 否定的说法 | how a mention is negated
cues | 否定词 | the words that negate
except | 不算否定的说法 | what looks like a negation and is none
before | 之前：提前多久，或向前看几个字 | before: how long ahead, or how many signs back
after | 之后看几个字 | how many signs are looked at behind
extends | 所依据的上级法域 | the jurisdiction that it builds on
blocked_modalities | 禁用的信号形式 | the kinds of signals that are blocked
blocked_inputs | 禁用的输入及其代理 | the attributes that may not be read, and their proxies
human_decides | 须由人裁定的结果 | the outcomes that a person must decide
notice | 须事先告知的事项 | what must be told beforehand
retention | 保存期限 | how long what is kept
impact_assessment | 发布前须作的影响评估 | the assessment of impact that comes before publishing
renew | 何时须重新评估 | when an assessment must be made anew
source_url | 法律文本的网址 | where the text of the law can be read
reviewed_on | 最近核对之日 | the day on which somebody last checked it
cites | 法律出处 | where the law says so
attribute | 受保护的属性 | the protected attribute
proxies | 可间接推断该属性的输入 | the inputs that stand in for it
modality | 信号形式 | the kind of signal
signals | 信号 | the signals
outcome | 结果 | the outcome
text_id | 告知文本的标识 | which text is told
what | 所保存之物 | what is kept
clauses | 制度的条款 | the paragraphs of the policy
by | 由谁或何处落实 | where it is implemented
xml | DMN 模型的 XML | the XML of the DMN model
imports | 所导入的模型 | the models that it imports
name | 名称 | its name
items | 学习项目 | the learning items
files | 目录的其他文件，按次序 | the other files of the catalog, in order
currency | 货币 | the currency
nodes | 技能 | the skills
edges | 技能之间的关系 | how skills relate
target | 学习要达到的水平，计划以此为准 | the level to be reached by learning, which plans go by
targets | 各岗位要求的技能水平 | the levels that roles ask for
mandatory | 必修项目 | the items that must be taken
resources | 学习资源 | the items and mentors that teach
bundles | 打包的学习项目 | items that are sold together
preferences | 学习偏好 | what learners may prefer
add | 加上的项目或课时 | what is added
completion | 完成率 | how much was completed
exam | 考试成绩 | the result of the exam
every | 间隔 | how often
times | 次数 | how many times
hours | 学时 | how many hours it takes
item | 学习项目 | the learning item
code | 课程代码 | the code of the course
language | 授课语言 | the language that it is taught in
lessons | 课时 | how many lessons it has
days | 天数 | how many days it takes
sessions | 开课日期 | when it takes place
cadence | 频率 | how often it takes place
cost | 费用 | what it costs
together | 要么全选要么全不选 | whether all of it is taken or none
formats | 形式 | the forms that it comes in
variant | 属于哪个项目的变体 | which item it is a form of
focus | 重点 | what it is about
teaches | 教授的技能 | the skills that it teaches
requires | 先修要求 | what must come before
pass | 通过标准 | when it is passed
on_fail | 未通过时的安排 | what follows when it is not passed
adapt | 按结果的调整 | how it changes with the results
mentors | 导师 | the mentors
person | 导师本人 | who the mentor is
slots_per_week | 每周可安排的次数 | how many meetings a week are free
members | 成员 | the members
pool | 导师库 | the pool that mentors come from
all | 须全部满足 | all of these
any | 满足其一即可 | one of these
align | 对应的外部分类 | what it is called in other classifications
suits | 适合的形式 | the forms that suit it
date | 日期 | the day
site | 地点 | the place
seats | 名额 | how many can take part
skill | 技能 | the skill
level | 水平 | the level
competency | 对应的胜任力 | the competency that it serves
gain | 提升的水平 | how much the level rises
max_level | 最多教到的水平 | the level beyond which it teaches no more
prior_n | 先验的样本数 | how many results the estimate counts for
""")
