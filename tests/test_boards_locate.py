"""The walk that finds lines agrees with tomllib on what a text holds."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.locate import Lines

BOARDS = Path(__file__).parents[1] / "boards"

TEXT = '''\
# a comment with "quotes" and [brackets]
top = 1
"quoted key" = { a = 1, "b.c" = [10, 20] }
dotted.deep = """
a text = with signs
[not.a.table] """

[table]  # trailing
list = [
    # inside
    { name = "x", n = 1 },
    { name = 'y#', n = 2 },
]
date = 2026-01-05T00:00:00Z

[[items]]
sku = "1"
[[items]]
sku = "2"
[items.sub]
deep = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key", "b.c", 1), 3),
        (("dotted", "deep"), 4),
        (("table",), 8),
        (("table", "list", 0, "name"), 11),
        (("table", "list", 1, "n"), 12),
        (("table", "date"), 14),
        (("items",), 16),
        (("items", 0, "sku"), 17),
        (("items", 1), 18),
        (("items", 1, "sub", "deep"), 21),
    ],
)
def test_lines(path, line):
    assert Lines(TEXT).line(path) == line


def test_what_is_missing_is_found_at_its_parent():
    assert Lines(TEXT).line(("table", "list", 1, "missing")) == 12
    assert Lines(TEXT).line(("nowhere", "at", "all")) == 1


def paths(data, path=()):
    """Every path that a parsed text holds."""
    yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs if isinstance(data, dict | list) else ():
        yield from paths(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]


def known(text):
    return set(Lines(text)._lines)


@pytest.mark.parametrize("file", sorted(BOARDS.rglob("*.toml")), ids=lambda file: file.name)
def test_every_path_of_our_own_files_is_found(file):
    text = file.read_text("utf-8")
    assert set(paths(tomllib.loads(text))) <= known(text)


plain = st.text("ab#=[]{},'\" \\n\t", max_size=6)
keys = st.text("abc-_1", min_size=1, max_size=4)


def inline(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '"' + escaped.replace("\t", "\\t") + '"'
    if isinstance(value, list):
        return "[" + ",\n ".join(map(inline, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(inner)}" for key, inner in value.items()) + " }"
    return repr(value)


values = st.recursive(
    st.integers() | st.booleans() | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_text_is_walked_to_its_end(data):
    text = "".join(f"{key} = {inline(value)} # end\n" for key, value in data.items())
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a line break inside an inline table
        return
    assert parsed == data
    assert set(paths(parsed)) == known(text)
