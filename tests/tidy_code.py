"""How the code of this project reads: lengths, names, and the constructs that devices lack."""

import ast
import re
from collections.abc import Iterator

from tidy_layers import Finding, nodes, on_device

FILE_LINES = 400
FUNCTION_LINES = {"agent": 40}
FUNCTION_LINES_ELSEWHERE = 60

# A word that says nothing, and what to do instead.
EMPTY_WORDS = {
    "manager": "name what it does: Ledger, Outbox, Link",
    "handler": "name the effect: accept_offer, on_refill",
    "utils": "put each function beside what it serves",
    "util": "put each function beside what it serves",
    "helper": "name what it does",
    "helpers": "put each function beside what it serves",
    "base": "name the thing itself: Plant, Port, Table",
    "misc": "put each part beside what it serves",
    "stuff": "name what it is",
}

# Exceptions of CPython that MicroPython does not define; OSError and its errno serve both.
FOREIGN_ERRORS = {
    "TimeoutError", "ConnectionError", "ConnectionResetError", "ConnectionRefusedError",
    "ConnectionAbortedError", "BrokenPipeError", "FileNotFoundError", "FileExistsError",
    "PermissionError", "InterruptedError", "IsADirectoryError", "NotADirectoryError",
    "ModuleNotFoundError", "RecursionError",
}  # fmt: skip

# Ports that only CPython on a Raspberry Pi loads. They keep to the taste, and mpy-cross compiles
# them, but what they catch is what CPython raises.
RASPBERRY = ("hal/linux/", "hal/link_paho.py", "firmware/pi/")

# Calls that bring the world, or another runtime's rounding, into the sans-I/O core.
AGENT_CALLS = {
    "open": "storage comes in through the store port",
    "print": "hand text out with take_effect or a reply",
    "input": "lines come in through feed_line",
    "round": "differs between runtimes; use math.floor(x + 0.5)",
    "eval": "no",
    "exec": "no",
}


def check_code(path: str, tree: ast.Module) -> Iterator[Finding]:
    """Every rule about one file's syntax tree."""
    yield from _check_docstring(tree)
    yield from _check_names(path, tree)
    yield from _check_lengths(path, tree)
    yield from _check_excepts(tree)
    if on_device(path) and not path.startswith(RASPBERRY):
        yield from _check_device(tree)
    if path.startswith("agent/"):
        yield from _check_agent(tree)


def _check_docstring(tree: ast.Module) -> Iterator[Finding]:
    if not (ast.get_docstring(tree) or "").strip():
        yield 1, "no docstring: begin with why this file exists"


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)


def _check_names(path: str, tree: ast.Module) -> Iterator[Finding]:
    names = [(1, path.rsplit("/", 1)[-1].removesuffix(".py"))]
    for node in nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.append((node.lineno, node.name))
    for line, name in names:
        for word in _words(name):
            if word.lower() in EMPTY_WORDS:
                yield line, f'{name}: "{word}" says nothing; {EMPTY_WORDS[word.lower()]}'


def _check_lengths(path: str, tree: ast.Module) -> Iterator[Finding]:
    most = FUNCTION_LINES.get(path.split("/")[0], FUNCTION_LINES_ELSEWHERE)
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _length(node)
            if lines > most:
                yield node.lineno, f"{node.name} has {lines} lines, {most} are allowed"


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring not counted: nobody should save on it."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _check_excepts(tree: ast.Module) -> Iterator[Finding]:
    for node in nodes(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            yield node.lineno, "bare except: name what may go wrong"
        if all(_idle(statement) for statement in node.body):
            yield node.lineno, "an error is swallowed: count it, report it, or say why it is data"


def _idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _check_device(tree: ast.Module) -> Iterator[Finding]:
    """Constructs that MicroPython lacks, or takes and treats otherwise."""
    for node in nodes(tree):
        message = _foreign(node)
        if message:
            yield getattr(node, "lineno", 1), f"{message} on MicroPython"


def _foreign(node: ast.AST) -> str | None:
    if isinstance(node, ast.Match):
        return "there is no match"
    if isinstance(node, ast.FunctionDef | ast.Lambda) and node.args.posonlyargs:
        return "there are no positional-only parameters"
    if isinstance(node, ast.Dict) and None in node.keys:
        return "there is no {**a}: copy and update"
    if _unpacks(node):
        return "there is no [*a]: use + or extend"
    if isinstance(node, ast.Raise) and node.cause is not None:
        return "raise … from keeps no cause"
    if isinstance(node, ast.Try) and any(map(_imports_micropython, node.body)):
        return "CPython may have a module micropython too: ask sys.implementation.name, not"
    if isinstance(node, ast.Name) and node.id in FOREIGN_ERRORS:
        return f"there is no {node.id}: catch OSError and look at its errno"
    return None


def _imports_micropython(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "micropython"
    names = statement.names if isinstance(statement, ast.Import) else []
    return any(alias.name == "micropython" for alias in names)


def _unpacks(node: ast.AST) -> bool:
    """[*a], (*a,) and {*a} as values; `a, *b = c` is an assignment and allowed."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    return any(isinstance(element, ast.Starred) for element in node.elts)


def _check_agent(tree: ast.Module) -> Iterator[Finding]:
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            reason = AGENT_CALLS.get(node.func.id)
            if reason:
                yield node.lineno, f"{node.func.id}() in the agent: {reason}"
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield node.lineno, "the agent does not wait; it is stepped"
