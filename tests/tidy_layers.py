"""Who may import whom: data flows one way, and a file imports only what is upstream of it."""

import ast
import functools
from collections.abc import Iterator

from firmware.image.closure import loans

Finding = tuple[int, str]  # line, message

# The rooms of the agent in the order in which one step passes through them. A room imports itself
# and rooms to its left; rooms of one row stand side by side and may use each other.
ROOMS = (
    ("limits", "loan"),
    ("wire",),
    ("clock", "product", "store", "identity"),
    ("sense",),
    ("stock",),
    ("needs",),
    ("money",),
    ("service",),
    ("terms",),
    ("trade",),
    ("outbox",),
    ("console",),
    ("inbox",),
    ("core",),
)
AGENT_LIBRARY = {"struct", "array", "binascii", "hashlib", "math", "json"}

# Our own packages that each package may import. `firmware` stands twice: what runs on a device
# and the tools that run on a laptop beside it.
UPSTREAM = {
    "agent": {"agent"},
    "hal": {"hal"},
    "boards": {"boards"},
    "firmware": {"agent", "hal", "firmware"},
    "firmware tools": {"agent", "hal", "firmware", "boards"},
    "sim": {"agent", "hal", "firmware", "boards", "sim"},
    "tests": {"agent", "hal", "firmware", "boards", "sim", "tests"},
}
PACKAGES = {"agent", "hal", "boards", "firmware", "sim", "tests"}

# What of firmware/ a device loads; the other files there are programs for a laptop.
FIRMWARE_ON_DEVICE = (
    "firmware/__init__.py",
    "firmware/loop.py",
    "firmware/start.py",
    "firmware/steward_boot.py",
    "firmware/slots.py",
    "firmware/blank.py",
    "firmware/guard.py",
    "firmware/restart.py",
    "firmware/outputs.py",
    "firmware/ways.py",
    "firmware/esp32/",
    "firmware/pi/",
)

# What MicroPython does not have and nothing on a device may therefore import.
NOT_ON_DEVICES = {
    "typing", "dataclasses", "enum", "abc", "functools", "contextlib", "itertools", "logging",
    "datetime", "hmac",
}  # fmt: skip


def on_device(path: str) -> bool:
    """Whether a file is loaded by a thing, so that both runtimes must understand it."""
    return path.split("/")[0] in ("agent", "hal") or path.startswith(FIRMWARE_ON_DEVICE)


def _layer(path: str) -> str:
    package = path.split("/")[0]
    return "firmware tools" if package == "firmware" and not on_device(path) else package


@functools.cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Everything in a file, found once for all the rules that look through it."""
    return tuple(ast.walk(tree))


@functools.cache
def imports(tree: ast.Module) -> tuple[tuple[int, str], ...]:
    """Every module imported anywhere in a file, or used on loan, with its line; `from a import b`
    as "a.b"."""
    return tuple(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, "." * node.level + f"{node.module or ''}.{alias.name}"
        else:
            yield from ((getattr(node, "lineno", 1), room) for room in loans(node))


def check_imports(path: str, tree: ast.Module) -> Iterator[Finding]:
    package = path.split("/")[0]
    if package == "agent" and _place(_module(path)) is None:
        yield 1, "this room has no place in ROOMS of tests/tidy_layers.py: give it one"
        return
    allowed = UPSTREAM.get(_layer(path), PACKAGES)
    for line, name in imports(tree):
        top = name.split(".")[0]
        if not top:
            yield line, f"relative import {name}: write the whole path, as the device needs it"
        elif top in PACKAGES and top not in allowed:
            yield line, f"{package} must not import {top}; allowed: {', '.join(sorted(allowed))}"
        elif package == "agent":
            yield from _check_agent_import(path, line, name, top)
        elif on_device(path):
            yield from _check_device_import(line, name, top)


def _check_device_import(line: int, name: str, top: str) -> Iterator[Finding]:
    if top in NOT_ON_DEVICES:
        yield line, f"{top} does not exist on MicroPython"
    if top == "firmware" and "." in name:
        part = "firmware/" + name.split(".")[1]
        if not (on_device(part + ".py") or on_device(part + "/")):
            yield line, f"{part} is not in FIRMWARE_ON_DEVICE of tests/tidy_layers.py"


def _check_agent_import(path: str, line: int, name: str, top: str) -> Iterator[Finding]:
    if top != "agent":
        if top not in AGENT_LIBRARY:
            yield line, f"agent must not import {top}; allowed: {', '.join(sorted(AGENT_LIBRARY))}"
        return
    here, there = _place(_module(path)) or 0, _place(name)
    if there is not None and there > here:
        yield line, f"{name} is downstream: {_row(here)} must not import {_row(there)}"


def _place(module: str) -> int | None:
    """The row of ROOMS of a module of the agent; `agent` itself stands before them all."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1].isupper():
        return -1
    return next((place for place, row in enumerate(ROOMS) if parts[1] in row), None)


def _row(place: int) -> str:
    return "agent" if place < 0 else "/".join(ROOMS[place])


def check_circles(trees: dict[str, ast.Module]) -> Iterator[tuple[str, int, str]]:
    """Modules that import each other, however far round. One finding per circle."""
    modules = {_module(path): path for path in trees}
    graph = {
        module: {found for _, name in imports(trees[path]) if (found := _named(name, modules))}
        - {module}
        for module, path in modules.items()
    }
    done: set[str] = set()
    for start in sorted(graph):
        circle = _circle(graph, start, done)
        if circle:
            yield modules[circle[0]], 1, "imports in a circle: " + " > ".join(circle)


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _named(name: str, modules: dict[str, str]) -> str | None:
    """The module that an import names: "agent.clock.Clock" means agent.clock."""
    if name in modules:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in modules else None


def _circle(graph: dict[str, set[str]], start: str, done: set[str]) -> list[str]:
    """Depth first with an explicit stack; `done` holds what leads nowhere."""
    trail: list[str] = []
    stack = [(start, False)]
    while stack:
        module, leaving = stack.pop()
        if leaving:
            done.add(trail.pop())
        elif module in trail:
            done.update(trail)
            return [*trail[trail.index(module) :], module]
        elif module not in done:
            trail.append(module)
            stack.append((module, True))
            stack.extend((inner, False) for inner in sorted(graph[module]))
    return []
