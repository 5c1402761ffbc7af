"""Modules and functions stay small, and each says first what it is."""

from __future__ import annotations

import ast
import re
import statistics

import pytest

from tests.support.source import Module, modules

CODE = modules("engine", "api")

MODULE_MEDIAN = 150
MODULE_CAP = 500
# A parser or a checker is one thought: split, it would be harder to follow.
LARGER_CAPS = {"engine/feel/parser.py": 800, "engine/feel/checker.py": 800}
FUNCTION_PERCENTILE_90 = 30
FUNCTION_CAP = 60


def is_one_sentence(line: str) -> bool:
    """Whether a docstring's first line is one sentence, Chinese or English."""
    text = re.sub(r"`[^`]*`", "x", line)
    return text.endswith((".", "。")) and not re.search(r"[.!?] +[A-Z]|。.", text)


def silences(module: Module) -> list[str]:
    """Where a module does not say what it, or a public function of it, is."""
    opening = (module.docstring or "").partition("\n")[0]
    found = [] if is_one_sentence(opening) else [f"{module.path}: opens without one sentence"]
    return found + [
        f"{module.path}:{function.lineno}: `{function.name}` has no docstring"
        for function in module.public_functions()
        if not ast.get_docstring(function)
    ]


def test_modules_are_small() -> None:
    sizes = {module.path: len(module.code_lines) for module in CODE}
    over = {path: n for path, n in sizes.items() if n > LARGER_CAPS.get(path, MODULE_CAP)}
    assert not over
    assert statistics.median(sizes.values()) <= MODULE_MEDIAN


def test_functions_are_small() -> None:
    sizes = {
        f"{module.path}:{function.lineno} {function.name}": module.size(function)
        for module in CODE
        for function in module.functions()
    }
    over = {name: n for name, n in sizes.items() if n > FUNCTION_CAP}
    assert not over
    assert statistics.quantiles(sizes.values(), n=10)[-1] <= FUNCTION_PERCENTILE_90


def test_larger_caps_are_still_needed_by_name() -> None:
    assert set(LARGER_CAPS) <= {module.path for module in CODE}


def test_everything_says_what_it_is() -> None:
    found = [line for module in CODE for line in silences(module)]
    assert not found


def test_every_test_module_opens_with_a_sentence() -> None:
    tests = modules("tests")
    found = [m.path for m in tests if not is_one_sentence((m.docstring or "").split("\n")[0])]
    assert not found


# --- The rulers themselves --------------------------------------------------------------------

SAMPLE = Module(
    "sample.py",
    '''"""A sample of code. It opens with two sentences."""

# A comment.
LONG = """
text
"""


def told(x: int) -> int:
    """Tell.

    At length.
    """

    def inner() -> int:
        # Why.
        return x

    return inner()


class Shape:
    """A shape."""

    def untold(self) -> None:
        pass

    def _private(self) -> None:
        pass
''',
)


def test_code_lines_leave_out_blanks_comments_and_docstrings() -> None:
    assert SAMPLE.code_lines == {4, 5, 6, 9, 15, 17, 19, 22, 25, 26, 28, 29}
    told = next(f for f in SAMPLE.functions() if f.name == "told")
    assert SAMPLE.size(told) == len({9, 15, 17, 19})


def test_silences_are_heard() -> None:
    assert silences(SAMPLE) == [
        "sample.py: opens without one sentence",
        "sample.py:25: `untold` has no docstring",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("One sentence.", True),
        ("Reads `a. B` as one.", True),
        ("一句话。", True),
        ("No full stop", False),
        ("Two. Sentences.", False),
        ("两句。话。", False),
        ("", False),
    ],
)
def test_one_sentence(line: str, expected: bool) -> None:
    assert is_one_sentence(line) is expected
