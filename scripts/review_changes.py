"""Reviews what changed in content between two git revisions: `evenhand check`, then a `diff` of each version.

Annotations go to standard output, Markdown to `--summary`, and with `GITHUB_TOKEN` and `--comment OWNER/NAME#1`
into one comment of the pull request, which is written anew each time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_VERSION_FILE = re.compile(r"(?:^|/)(?P<id>[a-z0-9-]+)/(?P<version>\d+\.\d+\.\d+)\.yaml$")
_PLACES = ("rules", "competency_models")
MARK = "<!-- evenhand: what changed in the rules -->"
"""Tells our own comment from the others of a pull request."""


def changed_files(base: str, head: str, folder: Path) -> list[str]:
    """List the files of content that were added or changed since the two revisions parted."""
    if not base.strip("0"):
        return []  # a new branch: there is nothing before it
    command = ["git", "diff", "--name-only", "--no-renames", "--diff-filter=AM", "-z"]
    command += [f"{base}...{head}", "--", *_PLACES]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("git cannot compare the revisions: check out the whole history (`fetch-depth: 0`)")
    return [path for path in done.stdout.split("\0") if path]


def pairs_of(changed: Iterable[str], present: Iterable[str]) -> list[tuple[str, str]]:
    """Pair each version that changed with the one before it; a first version has nothing to be compared with."""
    known: dict[str, set[str]] = {}
    for path in present:
        if match := _VERSION_FILE.search(path):
            known.setdefault(match["id"], set()).add(match["version"])
    pairs = []
    for path in changed:
        if match := _VERSION_FILE.search(path):
            own = match["version"]
            earlier = [v for v in known.get(match["id"], ()) if _order(v) < _order(own)]
            if earlier:
                before = max(earlier, key=_order)
                pairs.append((f"{match['id']}@{before}", f"{match['id']}@{own}"))
    return sorted(set(pairs))


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def evenhand(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of the package that is installed here."""
    # `-P`: a folder `api` of the repository under review is not ours.
    command = [sys.executable, "-P", "-m", "api", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)


def review(pairs: Iterable[tuple[str, str]], options: Sequence[str]) -> tuple[str, bool]:
    """Print the annotations of each pair; gives the Markdown of all, and whether every one could be compared."""
    told, fine = [MARK], True
    for before, after in pairs:
        annotated = evenhand("diff", before, after, "--format", "github", *options)
        print(annotated.stdout, end="", flush=True)
        written = evenhand("diff", before, after, "--format", "markdown", *options)
        told.append(written.stdout)
        fine = fine and not (annotated.returncode or written.returncode)
    return "\n".join(told), fine


def post(text: str, pull: str, token: str, api: str) -> None:
    """Write the comment of a pull request `OWNER/NAME#1`, or write it anew where it stands already."""
    repository, _, number = pull.partition("#")
    comments = f"{api}/repos/{repository}/issues/{number}/comments"
    page, found = 1, _ask("GET", f"{comments}?per_page=100", token)
    own = next((c for c in found if str(c["body"]).startswith(MARK)), None)
    while own is None and len(found) == 100:  # noqa: PLR2004 - a full page has one after it
        page += 1
        found = _ask("GET", f"{comments}?per_page=100&page={page}", token)
        own = next((c for c in found if str(c["body"]).startswith(MARK)), None)
    if own is None:
        _ask("POST", comments, token, text)
    else:
        _ask("PATCH", f"{api}/repos/{repository}/issues/comments/{own['id']}", token, text)


def _ask(method: str, url: str, token: str, body: str | None = None) -> Any:  # noqa: ANN401 - JSON
    content = None if body is None else json.dumps({"body": body}).encode()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310 - the API's own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - (see above)
        return json.load(answer)


def main() -> int:
    """Review as the command line says; 1 when something was found or could not be compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="the revision before the change · 改动前的版本")
    parser.add_argument("head", help="the revision with the change · 改动后的版本")
    parser.add_argument(
        "--content", type=Path, default=Path(), help="the content folder · 内容目录"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="en", help="language · 语言")
    parser.add_argument("--bands", type=Path, help="salary bands of the roles · 薪资区间")
    parser.add_argument("--summary", type=Path, help="a file to add the Markdown to · 摘要文件")
    parser.add_argument("--comment", metavar="OWNER/NAME#1", help="the pull request · 合并请求")
    given = parser.parse_args()

    options = ["--content", str(given.content), "--lang", given.lang]
    checked = evenhand("check", "--format", "github", *options)
    print(checked.stdout, end="", flush=True)
    present = [p.as_posix() for place in _PLACES for p in (given.content / place).rglob("*.yaml")]
    pairs = pairs_of(changed_files(given.base, given.head, given.content), present)
    if given.bands:
        options += ["--bands", str(given.bands)]
    text, compared = review(pairs, options)
    if pairs and given.summary:
        with given.summary.open("a", encoding="utf-8") as summary:
            summary.write(text + "\n")
    if pairs and given.comment and (token := os.environ.get("GITHUB_TOKEN")):
        post(text, given.comment, token, os.environ.get("GITHUB_API_URL", "https://api.github.com"))
    return 0 if compared and not checked.returncode else 1


if __name__ == "__main__":
    sys.exit(main())
