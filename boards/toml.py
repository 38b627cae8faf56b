"""Reads a TOML file that a person wrote; what is no TOML is named with its line."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boards.problems import DescriptionError, Problem


def read(
    path: Path, parse_float: Callable[[str], Any] = float
) -> tuple[str, dict[str, Any]]:
    """A file's text and what it says. DescriptionError, or OSError when it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
        return text, tomllib.loads(text, parse_float=parse_float)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        words = f"not UTF-8 text: {error.reason} at byte {error.start}"
    except tomllib.TOMLDecodeError as error:
        line, words = _line_in(str(error), text), f"not TOML: {error}"
    raise DescriptionError([Problem(str(path), line, (), words)])


def _line_in(message: str, text: str) -> int:
    """The parser says "(at line 3, column 7)"; only Python 3.14 has an attribute for it.

    At the end of the document it names no line: that is where a long string began that nothing
    ends, and the last line with anything on it for all else.
    """
    words = message.replace(",", " ").split()
    if "line" in words:
        return int(words[words.index("line") + 1])
    unended = max(text.rfind('"""'), text.rfind("'''")) if "string" in message else -1
    return text[: unended if unended >= 0 else len(text.rstrip())].count("\n") + 1
