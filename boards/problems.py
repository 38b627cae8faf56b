"""What is wrong with a description, said so that the next edit mends it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from boards.locate import Path


def dotted(path: Path) -> str:
    """consumables.beans.items[0].pack"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A closing remark: the word that was probably meant, and all that would do."""
    allowed = list(allowed)
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.6)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    return f"{meant}allowed: {', '.join(allowed) if allowed else 'nothing'}"


@dataclass(frozen=True)
class Problem:
    """One finding: an error forbids compiling, a warning only asks for a second look."""

    file: str
    line: int
    path: Path
    message: str
    level: str = "error"

    def __str__(self) -> str:
        where = f"{dotted(self.path)}: " if self.path else ""
        return f"{self.file}:{self.line}: {self.level}: {where}{self.message}"

    def as_dict(self) -> dict[str, str | int]:
        return {
            "file": self.file,
            "line": self.line,
            "path": dotted(self.path),
            "level": self.level,
            "message": self.message,
        }


class DescriptionError(ValueError):
    """A file that cannot be compiled; `problems` holds everything found in it."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
