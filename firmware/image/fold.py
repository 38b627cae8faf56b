"""Folds whole numbers that have a name into the code that uses them, across modules.

mpy-cross does so within a module, where a number is marked with `const`. A name of another module
(`limits.STEP_S`) it has to look up, and names cost a chip more than code: each takes a place in its
module's table and in the table of all names, in the heap. So a build hands mpy-cross sources in
which a number stands for its name; the name, and an import that is not needed any more, are gone.
Lines stay where they are, so that a traceback still says where.

For the same reason modules of the agent import each other by relative names: of
`agent.console.grammar` each module that imports it would keep the whole. What comes from one place
comes in one import.

A name is folded when it is in capitals and is given a whole number once, at the top of its module.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDED = "agent"  # the package whose numbers are folded, wherever they are used
SMALL = 1 << 30  # from here on MicroPython keeps a number on the heap, once is enough
BUILT_IN = {"__builtins__": {}, "range": range, "const": lambda value: value}


class Edit(NamedTuple):
    """What stands for one piece of a line; columns are in bytes."""

    line: int
    start: int
    end: int
    text: str


def fold(text: str, module: str) -> str:
    """The source of a module with the numbers of the agent in the place of their names."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    rooms, names = _imported(nodes)
    if module.split(".")[0] == FOLDED:
        names = {**numbers(module), **names}
    lines = text.encode().split(b"\n")
    edits = _uses(nodes, rooms, names)
    used = _still_used(nodes, edits)
    renewed = _imports(nodes, names, rooms, used, module)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and module.split(".")[0] == FOLDED:
            renewed += _without(statement, numbers(module))
    for statement, instead in renewed:
        last = statement.end_lineno or statement.lineno
        edits = [edit for edit in edits if not statement.lineno <= edit.line <= last]
        edits += _renewed(statement, lines, instead)
    for edit in sorted(edits, reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text.encode() + line[edit.end :]
    return b"\n".join(lines).decode()


def module_of(path: str) -> str:
    """The name of a module by its path in an image, such as agent/wire/__init__.py."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def state() -> str:
    """What folding depends on besides a source, as a digest: all numbers, and this very file."""
    paths = sorted((ROOT / FOLDED).rglob("*.py"))
    modules = [module_of(path.relative_to(ROOT).as_posix()) for path in paths]
    known = [(module, sorted(numbers(module).items())) for module in modules]
    return hashlib.sha256(Path(__file__).read_bytes() + repr(known).encode()).hexdigest()


def numbers(module: str) -> dict[str, int]:
    """The names that whole numbers have, for good, in a module of the agent: its own, and those
    that it imports."""
    path = _path(module)
    return {} if path is None else _numbers(path, path.stat().st_mtime_ns)


@cache
def _numbers(path: Path, changed: int) -> dict[str, int]:
    """Of the file as it was then; what it takes from others is in its own lines all the same."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = list(ast.walk(tree))
    rooms, known = _imported(nodes)
    given = _given(nodes)
    scope = {**BUILT_IN, **known}
    scope.update({name: SimpleNamespace(**numbers(room)) for name, room in rooms.items()})
    found: dict[str, int] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign):
            continue
        try:
            value = eval(compile(ast.Expression(statement.value), "", "eval"), scope)
        except (NameError, TypeError, AttributeError, ValueError):
            continue  # no number: made by a call, or of names that are none
        for target in statement.targets:
            found.update(_matched(target, value))
        scope.update(found)
    fixed = [name for name in found if name.isupper() and given.count(name) == 1]
    own = {name: found[name] for name in fixed if abs(found[name]) < SMALL}
    return {**known, **own}


def _matched(target: ast.expr, value: object) -> dict[str, int]:
    """The whole numbers that a target gets of a value."""
    if isinstance(target, ast.Name):
        return {target.id: value} if type(value) is int else {}
    if not isinstance(target, ast.Tuple) or not isinstance(value, (tuple, range)):
        return {}
    found: dict[str, int] = {}
    for part, item in zip(target.elts, value, strict=True):
        found.update(_matched(part, item))
    return found


def _given(nodes: list[ast.AST]) -> list[str]:
    """Every name that is given a value anywhere, as often as it is."""
    stored = [node.id for node in nodes if isinstance(node, ast.Name) and _is_store(node)]
    return stored + [node.arg for node in nodes if isinstance(node, ast.arg)]


def _is_store(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _imported(nodes: list[ast.AST]) -> tuple[dict[str, str], dict[str, int]]:
    """By the name that it has here: modules of the agent, and numbers out of them."""
    rooms: dict[str, str] = {}
    found: dict[str, int] = {}
    given = set(_given(nodes))
    for node in nodes:
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(FOLDED):
            continue
        for alias in node.names:
            name, whole = alias.asname or alias.name, f"{node.module}.{alias.name}"
            if name in given:
                continue
            if _path(whole):
                rooms[name] = whole
            elif alias.name in (own := numbers(str(node.module))):
                found[name] = own[alias.name]
    return rooms, found


def _path(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _uses(nodes: list[ast.AST], rooms: dict[str, str], names: dict[str, int]) -> list[Edit]:
    tables = {name: numbers(room) for name, room in rooms.items()}
    edits = []
    for node in nodes:
        value = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            value = names.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            value = tables.get(node.value.id, {}).get(node.attr)
            if value is not None and not isinstance(node.ctx, ast.Load):
                raise ValueError(f"line {node.lineno}: {ast.unparse(node)} is folded, not set")
        if value is not None and isinstance(node, ast.expr):
            number = str(value) if value >= 0 else f"({value})"
            edits.append(Edit(node.lineno, node.col_offset, node.end_col_offset or 0, number))
    return edits


def _still_used(nodes: list[ast.AST], edits: list[Edit]) -> set[str]:
    """The names that are read in what the edits leave."""
    gone = {(edit.line, edit.start) for edit in edits}
    return {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and (node.lineno, node.col_offset) not in gone
    }


def _imports(
    nodes: list[ast.AST], names: dict, rooms: dict, used: set[str], here: str
) -> list[tuple[ast.stmt, str]]:
    """What remains of the imports in the module `here`; of some in a row from one place the last
    has all."""
    found: list[tuple[ast.ImportFrom, list[str]]] = []
    for node in nodes:
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != FOLDED:
            continue
        kept = _kept(node, names, rooms, used)
        if found and _follows(node, found[-1][0]):
            before, earlier = found.pop()
            found.append((before, []))
            kept = earlier + kept
        found.append((node, kept))
    return [
        (node, f"from {_relative(str(node.module), here)} import {', '.join(kept)}" * bool(kept))
        for node, kept in found
    ]


def _follows(node: ast.ImportFrom, before: ast.ImportFrom) -> bool:
    return node.module == before.module and node.lineno - 1 == before.end_lineno


def _kept(node: ast.ImportFrom, names: dict, rooms: dict, used: set[str]) -> list[str]:
    """What an import still has to bring."""
    kept = []
    for alias in node.names:
        name = alias.asname or alias.name
        if name not in names and (name in used or name not in rooms):
            kept.append(alias.name + (f" as {alias.asname}" if alias.asname else ""))
    return kept


def _relative(module: str, here: str) -> str:
    """What a module is called from another one: `.grammar`, `..wire`; in full from outside, and
    where it would be of two words, for a chip keeps the full name anyway.
    """
    steps, path = here.split("."), _path(here)
    if steps[0] != FOLDED:
        return module
    if path is None or path.name != "__init__.py":
        steps.pop()  # to the package that it is in
    dots = "."
    while steps and not (module + ".").startswith(".".join([*steps, ""])):
        steps.pop()
        dots += "."
    rest = module.split(".")[len(steps) :]
    return module if len(rest) > 1 else dots + "".join(rest)


def _without(statement: ast.Assign, own: dict[str, int]) -> list[tuple[ast.stmt, str]]:
    """What remains of an assignment without the names of numbers, if it has any."""
    kept = [target for target in statement.targets if not _is_folded(target, own)]
    if len(kept) == len(statement.targets):
        return []
    words = [ast.unparse(part) for part in (*kept, statement.value)]
    return [(statement, " = ".join(words) if kept else "")]


def _is_folded(target: ast.expr, own: dict[str, int]) -> bool:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(part, ast.Name) and part.id in own for part in parts)


def _renewed(node: ast.stmt, lines: list[bytes], text: str) -> list[Edit]:
    """The edits that put a text, or nothing, in the place of a statement, over as many lines."""
    last = node.end_lineno or node.lineno
    text = text or "pass" * bool(node.col_offset)  # a block must not be empty
    edits = []
    for line in range(node.lineno, last + 1):
        start = node.col_offset if line == node.lineno else 0
        end = node.end_col_offset or 0 if line == last else len(lines[line - 1])
        edits.append(Edit(line, start, end, text if line == node.lineno else ""))
    return edits
