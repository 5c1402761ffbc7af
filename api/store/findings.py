"""What may be found in a live database: in its rows, beside what is found in the log itself."""

from __future__ import annotations

from engine.kernel.diagnostics import Code

ROW_GONE = Code(
    "AUDIT-STORE-001",
    "`{subject}` is in the log, and its row is gone",
    "`{subject}` 在日志中，而其数据行已不在",
    "bring the row back from a copy",
    "请从副本恢复该行",
)
ROW_UNLOGGED = Code(
    "AUDIT-STORE-002",
    "`{subject}` has a row in `{table}`, and no entry in the log",
    "`{subject}` 在表 `{table}` 中有数据行，而日志中没有条目",
    "the service writes both or neither: somebody else wrote this row, or deleted the entry",
    "服务要么两者都写，要么都不写：此行由他人写入，或条目被删除",
)
CLEAR_ALTERED = Code(
    "AUDIT-STORE-003",
    "`{column}` of `{subject}` is not what was recorded",
    "`{subject}` 的 `{column}` 与当初记录的不符",
    "the body, or the entry of the erasure, says what it was",
    "正文或删除条目载有原值",
)
TREE_ALTERED = Code(
    "AUDIT-STORE-004",
    "the tree over entries {first} to {last} is not what they make",
    "条目 {first} 至 {last} 之上的树与条目不符",
    "one of the entries, or a node of the tree, was altered",
    "其中的条目或树的节点被改动",
)
DOES_NOT_OPEN = Code(
    "AUDIT-STORE-005",
    "`{subject}` does not open: it, its key or its place was altered",
    "`{subject}` 无法打开：其内容、密钥或位置被改动",
    "bring the row and its person's key back from a copy",
    "请从副本恢复该行及其所属人员的密钥",
)
NOT_ERASED = Code(
    "AUDIT-STORE-006",
    "`{subject}` is without a key, and no erasure of it is in the log",
    "`{subject}` 没有密钥，而日志中没有对其的删除",
    "somebody else than the service destroyed the key",
    "密钥并非由服务销毁",
)
CAME_BACK = Code(
    "AUDIT-STORE-007",
    "`{subject}` was erased, and is there again",
    "`{subject}` 已被删除，却又存在",
    "a copy from before the erasure was brought back: erase again",
    "恢复了删除之前的副本：请重新删除",
)
DOCUMENT_ALTERED = Code(
    "AUDIT-STORE-008",
    "the text of `{subject}` is not the one that its hash names",
    "`{subject}` 的文本与其摘要不符",
    "bring the document back from a copy",
    "请从副本恢复该文件",
)
DOCUMENT_GONE = Code(
    "AUDIT-STORE-009",
    "`{subject}` rests on a document that is not here: {hash}",
    "`{subject}` 所依据的文件不在：{hash}",
    "bring the document back from a copy: without it nothing can be replayed",
    "请从副本恢复该文件：缺少它便无法复算",
)
HOLD_ALTERED = Code(
    "AUDIT-STORE-010",
    "the hold `{subject}` does not stand as it was placed or lifted",
    "冻结 `{subject}` 与其设置或解除的记录不符",
    "the log says who placed and who lifted it",
    "日志载有设置与解除的人",
)
APPROVAL_ALTERED = Code(
    "AUDIT-STORE-011",
    "the approvals of the exception `{subject}` are not those that were given",
    "例外 `{subject}` 的批准与当初给出的不符",
    "the log says who approved in which role",
    "日志载有以何角色批准的人",
)

LINK_ALTERED = Code(
    "AUDIT-STORE-012",
    "an external id of `{subject}` does not stand as it was added or removed",
    "`{subject}` 的外部编号与其添加或移除的记录不符",
    "the log says when which was added or removed; while the person is not erased, also what it was",
    "日志载有添加与移除的时间；在该人未被删除前还载有编号",
)
UNVOUCHED = Code(
    "AUDIT-STORE-013",
    "`{subject}` is `{status}`, and no entry of the log made it so",
    "`{subject}` 的状态为 `{status}`，而日志中没有相应条目",
    "the service writes both or neither: somebody else changed this row",
    "服务要么两者都写，要么都不写：此行由他人改动",
)
VOTES_ALTERED = Code(
    "AUDIT-STORE-014",
    "the approvals of `{subject}` are not those that were given",
    "`{subject}` 的批准与当初给出的不符",
    "the log says who approved which text, and what made approvals void",
    "日志载有批准者、所批准的文本与批准作废的原因",
)
UNMARKED = Code(
    "AUDIT-STORE-015",
    "`{subject}` in `{table}` was not written by the service, or was altered since",
    "`{table}` 中的 `{subject}` 并非由服务写入，或此后被改动",
    "the service marks what it writes with a key that is not in the database: whoever wrote this had none",
    "服务以数据库之外的密钥为所写数据行作标记：改动者没有该密钥",
)
ROW_MISSING = Code(
    "AUDIT-STORE-016",
    "`{subject}` is gone from `{table}`",
    "`{table}` 中的 `{subject}` 已不在",
    "what was recorded elsewhere says that it was there: bring the row back from a copy",
    "其他记录表明它曾存在：请从副本恢复该行",
)
ACCESS_ALTERED = Code(
    "AUDIT-STORE-017",
    "what `{subject}` may is not what was last given or taken",
    "`{subject}` 的权限与最近一次授予或收回不符",
    "the log says who gave and took what; give or take it again",
    "日志载有授予与收回的人和内容；请重新授予或收回",
)
UNREADABLE = Code(
    "AUDIT-STORE-018",
    "`{column}` of `{subject}` in `{table}` cannot be read",
    "`{table}` 中 `{subject}` 的 `{column}` 无法读取",
    "the service writes no such value: bring the row back from a copy, and look again, for the rest was not looked through",
    "服务不会写入这样的值：请从副本恢复该行后重新核验，其余内容尚未核验",
)
