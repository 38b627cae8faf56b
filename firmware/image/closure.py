"""Which modules a device has to carry: those that its main program imports, and what they import.

Read from the sources, so that a room which nothing imports any more is not carried either. What
is loaded by name at run time (a monitor, a driver) is an entry of its own.
"""

import ast
from collections.abc import Container, Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("agent", "hal", "firmware")
LIBRARY = "chumicro_mqtt"

CALLS = ("loan.call", "loan.stream", "loan.later")  # load the room that they are given
# Tables of agent/console whose rows begin with a room of it: where words are, and who obeys them.
TABLES = ("COMMANDS", "ROOMS", "ONSITE", "OF_TRADE")

# What a product in which nothing runs out never loads, with all that only this imports.
WITHOUT_CONSUMABLES = (
    "agent.trade", "agent.money.ledger", "agent.console.money", "agent.console.mandate",
    "agent.console.ledger", "agent.console.story", "agent.console.stock",
)  # fmt: skip


class Missing(Exception):
    """A module that a device needs does not exist; says its name and who wants it."""


def closure(entries: Iterable[str], without: Container[str] = ()) -> dict[str, Path]:
    """Source by its path in an image ("agent/core.py"), in order, of `entries` and their imports.

    Modules that are neither ours nor the MQTT library are the runtime's; those in `without` are
    not followed, for the product never loads them. Raises Missing.
    """
    found: dict[str, Path] = {}
    waiting = [(name, "the product or its board") for name in entries]
    while waiting:
        name, wanted_by = waiting.pop()
        if name in without:
            continue
        if source(name) is None:
            raise Missing(f"there is no module {name}, which {wanted_by} needs")
        for module in _with_packages(name):
            path = source(module)
            assert path is not None, module
            place = _place(module, path)
            if place not in found:
                found[place] = path
                waiting += [(other, place) for other in _imports(path, path.stat().st_mtime_ns)]
    return dict(sorted(found.items()))


def source(module: str) -> Path | None:
    """The file of one of our modules or of the library's."""
    folder = Path(str(files(LIBRARY))).parent if module.split(".")[0] == LIBRARY else ROOT
    path = folder.joinpath(*module.split("."))
    for file in (path.with_name(path.name + ".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _place(module: str, path: Path) -> str:
    place = module.replace(".", "/")
    return f"{place}/__init__.py" if path.name == "__init__.py" else f"{place}.py"


def loans(node: ast.AST) -> list[str]:
    """The rooms that a call loads by their names, or a table of the console says."""
    if isinstance(node, ast.Call) and _dotted(node.func) in CALLS:
        return [ast.literal_eval(node.args[0])]
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in TABLES:
        rows = [row.elts for row in ast.walk(node.value) if isinstance(row, ast.Tuple) and row.elts]
        return [
            f"agent.console.{row[0].value!s}" for row in rows if isinstance(row[0], ast.Constant)
        ]
    return []


def _dotted(called: ast.expr) -> str:
    """`room.word` of a call of that form, else nothing."""
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return f"{called.value.id}.{called.attr}"
    return ""


@cache
def _imports(path: Path, changed: int) -> list[str]:
    """Our modules that a file as it was then imports anywhere."""
    return list(_said(path))


def _said(path: Path) -> Iterator[str]:
    """The same, once for each time; `from a import b` is a.b if that is a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = loans(node)
        for name in names:
            if name.split(".")[0] not in (*OURS, LIBRARY):
                continue
            whole = source(name) or not isinstance(node, ast.ImportFrom)
            yield name if whole else name.rpartition(".")[0]
