#!/bin/sh
# Says, before anything is built, what this machine lacks and how to install it.
# 在构建之前检查本机缺少什么，并说明如何安装。
#
# Usage: scripts/prerequisites.sh [python]      (PYTHON or python3 when not given)
set -u

python=${1:-${PYTHON:-python3}}
missing=""
unfit=""

lacks() { # english, chinese
    missing="$missing
  - $1
    $2"
}

new_enough() { # python
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ! command -v make >/dev/null 2>&1; then
    lacks "make" "make"
fi

if ! command -v "$python" >/dev/null 2>&1; then
    unfit=yes
    lacks "Python 3.11 or newer (\`$python\` was not found)" \
        "Python 3.11 或更新版本（找不到 \`$python\`）"
elif ! new_enough "$python"; then
    unfit=yes
    version=$("$python" --version 2>&1)
    lacks "Python 3.11 or newer (\`$python\` is ${version:-unusable})" \
        "Python 3.11 或更新版本（\`$python\` 是 ${version:-不可用}）"
else
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        lacks "Python's venv module" "Python 的 venv 模块"
    fi
    # The compiler that this Python builds its extensions with, unless CC names another.
    compiler=${CC:-$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')}
    include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    if ! command -v "${compiler%% *}" >/dev/null 2>&1; then
        lacks "a C compiler (\`${compiler%% *}\`), for durable-rules" \
            "C 编译器（\`${compiler%% *}\`），用于编译 durable-rules"
    elif ! echo '#include <stdlib.h>' | $compiler -x c -fsyntax-only - 2>/dev/null; then
        lacks "the C library's headers, for durable-rules" \
            "C 标准库头文件，用于编译 durable-rules"
    fi
    if [ ! -f "$include/Python.h" ]; then
        lacks "Python's headers (Python.h), for durable-rules" \
            "Python 头文件（Python.h），用于编译 durable-rules"
    fi
fi

[ -z "$missing" ] && exit 0

cat >&2 <<MESSAGE
This machine lacks something that Evenhand needs:
本机缺少 Evenhand 所需的条件：
$missing

Install it, then run the same command again:
请安装后重新运行同一命令：

  Debian 12, Ubuntu 24.04 or newer   sudo apt-get install python3 python3-venv python3-dev build-essential
  Fedora, RHEL                       sudo dnf install python3.12 python3.12-devel gcc make
                                     make PYTHON=python3.12 demo
  macOS                              xcode-select --install && brew install python@3.12
                                     make PYTHON=python3.12 demo
MESSAGE

for other in python3.13 python3.12 python3.11; do
    if [ -n "$unfit" ] && new_enough "$other"; then
        cat >&2 <<MESSAGE

Or use another Python that is already here:
或者使用本机已有的另一个 Python：

  make PYTHON=$other demo
MESSAGE
        break
    fi
done
exit 1
