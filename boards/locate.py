"""Where in a TOML file each key stands, so that an error can name its line.

`tomllib` parses and keeps no positions. This walks a text that tomllib has already accepted,
so it may trust the syntax (TOML 1.0) and only has to tell keys, values and brackets apart.
"""

import re

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""+|\'\'\'.*?\'\'\'+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\n]+")


class Lines:
    """Line numbers (from 1) of every key path in one accepted TOML text."""

    def __init__(self, text: str):
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}
        self._read()

    def __contains__(self, path: Path) -> bool:
        return path in self._lines

    def line(self, path: Path) -> int:
        """The line of a path, or of its nearest ancestor when the key itself is missing."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _mark(self, path: Path, at: int) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, at) + 1)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        assert match, "tomllib accepted this text, so the walk must too"
        self._at = match.end()
        return match

    def _skip(self) -> None:
        self._take(_BLANK)

    def _keys(self) -> list[str]:
        """A dotted key; leaves the position after it."""
        keys = []
        while True:
            match = self._take(_KEY)
            keys.append(next(part for part in match.groups() if part is not None))
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _read(self) -> None:
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _header(self) -> Path:
        start, brackets = self._at, 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        keys = self._keys()
        self._at += brackets
        path = (*self._resolve(keys[:-1], start), keys[-1])
        self._mark(path, start)
        if brackets == 2:
            index = self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, index)
            self._mark(path, start)
        return path

    def _resolve(self, keys: list[str], start: int) -> Path:
        """Headers name the newest element of an array of tables by the array's name alone."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self._mark(path, start)
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _pair(self, table: Path) -> None:
        start, path = self._at, table
        for key in self._keys():
            path = (*path, key)
            self._mark(path, start)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        opening = self._text[self._at]
        if opening in "\"'":
            self._take(_STRING)
        elif opening == "[":
            self._inside("]", path)
        elif opening == "{":
            self._inside("}", path)
        else:
            self._take(_BARE)

    def _inside(self, closing: str, path: Path) -> None:
        """The elements of an array, or the pairs of an inline table."""
        self._at += 1
        index = 0
        self._skip()
        while self._text[self._at] != closing:
            if closing == "]":
                self._mark((*path, index), self._at)
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
            self._skip()
            if self._text[self._at] == ",":
                self._at += 1
                self._skip()
        self._at += 1
