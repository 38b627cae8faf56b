"""Gives names that are spoken of in one module only a short one, which other modules use as well.

On a chip every name is kept once, in a table in the heap, for as long as it runs: of a function, an
attribute, a parameter, a number at the top of a module. The table doubles when it is full, so that
one name too many took 9 KB. Most names are of interest to their own module, and a build hands
mpy-cross sources in which `_a`, `_b` … stand for them, the same few in every module. Lines stay
where they are; which name is whose is told in `names.json` beside the image, for who reads a trace.

A name is left alone when another module uses it, or somebody who runs with an image; when it is
spoken of in a text, is one of an error's class, or of anything that Python or the chip calls so.
Modules whose classes inherit from each other share attributes, so they share no short name.
"""

import ast
import builtins
import io
import re
import string
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count, product
from pathlib import Path

from firmware.image.closure import LIBRARY, ROOT, source

WORD = re.compile(r"[A-Za-z_]\w*")
EXPRESSION = re.compile(r"\{[^{}]*\}")  # in an f-string
NAMES = re.compile(r"[\w.]+")  # a text that may be a name: no sentence, no message
LIBRARY_MODULES = ("", ".client", "._wire")
HOST_ONLY = ("hal/linux/", "hal/link_paho.py", "hal/simulated/")
# What runs in one process with an image, and may speak of its names: the simulator and the tests.
BESIDE = (
    "sim/mpy/*.py", "sim/world/entropy.py", "sim/world/memory.py", "sim/bench/*_probe.py",
    "hal/simulated/**/*.py", "hal/linux/**/*.py", "tests/mpy_*.py", "sim/board/program.py",
    "sim/board/esp32/*.py",
)  # fmt: skip
PORTS = ("hal.verbs", "hal.uart", "hal.pin")  # speak as the chip's own modules do
OF_MONEY = ("agent.trade", "agent.needs")
RUNTIME = (
    *("array", "asyncio", "binascii", "errno", "gc", "hashlib", "io", "json", "math", "os"),
    *("random", "re", "select", "socket", "ssl", "struct", "sys", "time", "threading"),
)
TYPES = (int, float, str, bytes, bytearray, memoryview, list, tuple, dict, set, Exception, OSError)


class Names(ast.NodeVisitor):
    """The names in one module, by what they are there."""

    def __init__(self, text: str):
        self.texts: set[str] = set()  # spoken of in a text, or part of an import
        self.keywords: set[str] = set()  # of parameters, where something is called
        self.attributes: set[str] = set()  # of something else than self
        self.own: set[str] = set()  # attributes of self, methods, functions, classes
        self.made: set[str] = set()  # those of them that the module makes
        self.shown: set[str] = set()  # classes with a base: errors, which are told by their names
        self.parameters: set[str] = set()
        self.globals: set[str] = set()
        self.bases: set[str] = set()  # modules out of which its classes inherit
        self._come: dict[str, str] = {}  # from where a name is imported
        self.visit(ast.parse(text))

    def outside(self) -> set[str]:
        """What others may mean as well."""
        return self.texts | self.keywords | self.attributes | self.own

    def spoken(self) -> set[str]:
        """The same, of who runs with an image: what is private and its own is no matter."""
        if self.bases:
            return self.outside()
        return self.outside() - {n for n in self.own - self.attributes if n.startswith("_")}

    def inside(self) -> set[str]:
        """What nobody else can mean."""
        return self.globals | self.parameters

    def kept_names(self) -> set[str]:
        """What a chip would keep, and another name could stand for."""
        found = self.made | (self.globals - self.attributes) | self.parameters
        return {n for n in found - self.shown if not n.startswith("__") and n.strip("_")}

    def hidden(self) -> set[str]:
        """Parameters that are nothing else, which nobody outside can mean without naming them."""
        found = self.parameters - self.outside() - self.globals
        return {name for name in found - {"self", "cls"} if name.strip("_")}

    def visit_Module(self, node):
        for statement in node.body:
            self.globals.update(_stored(statement))
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        self.own.add(node.name)
        self.made.add(node.name)
        self.generic_visit(node)

    def visit_ClassDef(self, node):
        made = {node.name}.union(*map(_stored, node.body))
        self.own.update(made)
        self.made.update(made)
        if node.bases:
            self.shown.add(node.name)
        for base in node.bases:
            name = WORD.match(ast.unparse(base))
            if name and name[0] in self._come:
                self.bases.add(self._come[name[0]])
        self.generic_visit(node)

    def visit_arg(self, node):
        self.parameters.add(node.arg)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            self.own.add(node.attr)
            if not isinstance(node.ctx, ast.Load):
                self.made.add(node.attr)
        else:
            self.attributes.add(node.attr)
        self.visit(node.value)

    def visit_keyword(self, node):
        self.keywords.add(node.arg or "")
        self.visit(node.value)

    def visit_Import(self, node):
        for alias in node.names:
            self.texts.update(WORD.findall(alias.name))
            if alias.asname:
                self.globals.add(alias.asname)

    def visit_ImportFrom(self, node):
        self.texts.update(WORD.findall(node.module or ""))
        self.visit_Import(node)
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            self._come[alias.asname or alias.name] = whole if source(whole) else str(node.module)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a text that stands alone is not kept
            self.visit(node.value)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and NAMES.fullmatch(node.value):
            self.texts.update(WORD.findall(node.value))


def _stored(statement: ast.stmt) -> Iterator[str]:
    """The variables that a statement at the top of a module or a class gives a value."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.If, ast.Try)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id


def short(text: str, module: str) -> str:
    """The source with the short names in it; `module` as `agent.core`."""
    instead = table().get(module)
    text = needed(text, module)
    if not instead:
        return text
    lines = text.split("\n")

    def name(word: re.Match) -> str:
        return instead.get(word[0], word[0])

    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        said = token.string
        if token.type == tokenize.NAME:
            said = instead.get(said, said)
        elif token.type == tokenize.STRING and said[0] in "fF":
            said = EXPRESSION.sub(lambda found: WORD.sub(name, found[0]), said)
        (row, start), (last, end) = token.start, token.end
        if said != token.string and row == last:
            lines[row - 1] = lines[row - 1][:start] + said + lines[row - 1][end:]
    return "\n".join(lines)


def told(modules: Iterable[str]) -> dict[str, dict[str, str]]:
    """By module, what each short name stands for."""
    full = table()
    found = {}
    for module in modules:
        found[module] = {instead: name for name, instead in full.get(module, {}).items()}
    return found


def _source(module: str, path: Path) -> str:
    return needed(path.read_text("utf-8"), module)


def needed(text: str, module: str) -> str:
    """The source without the library's functions that nothing on a chip names; lines stay."""
    if module.split(".")[0] != LIBRARY:
        return text
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name in _unneeded():
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            last = node.end_lineno or node.lineno
            lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines)


@cache
def _unneeded() -> set[str]:
    """The functions of the library that only those name that nobody needs either."""
    made: set[str] = set()
    mentions: list[tuple[str, frozenset[str]]] = []
    for module, path in _modules():
        tree = ast.parse(path.read_text("utf-8"))
        mentions += _mentions(tree, module != LIBRARY)
        if module.split(".")[0] == LIBRARY:
            made.update(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    found: set[str] = set()
    while True:
        spoken = {name for name, within in mentions if not within & found}
        dead = {name for name in made - spoken if not name.startswith("__")}
        if dead <= found:
            return found
        found |= dead


def _mentions(tree: ast.AST, texts: bool) -> Iterator[tuple[str, frozenset]]:
    """Every name that a tree reads or, if `texts`, has in a text; and within which functions."""
    nowhere: frozenset[str] = frozenset()
    waiting = [(tree, nowhere)]
    while waiting:
        node, within = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            within |= {node.name}
        said = [getattr(node, "attr", ""), getattr(node, "id", "")]
        if isinstance(node, ast.alias):
            said.append(node.name.split(".")[-1])
        if isinstance(node, ast.Constant) and texts:
            said.append(str(node.value))
        yield from ((name, within) for name in said if name and name not in within)
        waiting += [(inner, within) for inner in ast.iter_child_nodes(node)]


@cache
def table() -> dict[str, dict[str, str]]:
    """By module, the short name that stands for each of its own."""
    names = {module: Names(_source(module, path)) for module, path in sorted(_modules())}
    texts: set[str] = set().union(*(mine.texts for mine in names.values()))
    named: set[str] = set().union(*(mine.keywords for mine in names.values()))
    fixed = _fixed(names)
    endings = tuple(name for name in texts if name.startswith("_"))  # of names put together
    users: dict[str, list[str]] = {}
    for module, mine in names.items():
        for name in mine.outside() | (mine.parameters & named):
            users.setdefault(name, []).append(module)
    taken = fixed.union(*(mine.outside() | mine.inside() for mine in names.values()))
    found: dict[str, dict[str, str]] = {module: {} for module in names}
    for room, form in ((_module, "_%s"), (_package, "%s_")):
        for kin in _kin(names, room):
            given = {
                name
                for name in set().union(*(names[module].kept_names() for module in kin)) - fixed
                if not name.endswith(endings) and _is_own(name, users.get(name, []), names, kin)
            }
            if room is _module:
                hidden = set().union(*(names[module].hidden() for module in kin))
                meant = named.union(dir(builtins), *(names[module].outside() for module in kin))
                given |= hidden - meant
            free = _short_names(form, taken)
            for name in sorted(given.difference(*(found[module] for module in kin))):
                instead = next(free)
                for module in kin:
                    if name in names[module].outside() | names[module].inside():
                        found[module][name] = instead
    return found


def read() -> list[Path]:
    """The files on which it hangs what is short: what is read, and this one."""
    beside = [path for pattern in BESIDE for path in ROOT.glob(pattern)]
    return [*(path for _, path in _modules()), *beside, Path(__file__)]


def _fixed(names: dict[str, Names]) -> set[str]:
    """The names that must stay, whoever makes them."""
    beside = [Names(path.read_text("utf-8")) for pattern in BESIDE for path in ROOT.glob(pattern)]
    ours = [mine for module, mine in names.items() if not module.startswith(LIBRARY)]
    fixed = _of_python().union(*(mine.texts for mine in names.values()))
    fixed = fixed.union(*(mine.keywords for mine in ours))  # perhaps of the chip's own functions
    fixed = fixed.union(*(one.spoken() for one in beside))
    fixed = fixed.union(*(names[module].outside() for module in PORTS))
    fixed.update(module.split(".")[-1].capitalize() for module in names)  # a monitor's class
    return fixed


def _is_own(name: str, users: list[str], names: dict[str, Names], kin: list[str]) -> bool:
    """Whether nobody outside of the kin means by this name what they mean."""
    if all(user in kin for user in users):
        return True
    # A private name that others have as well: theirs is another, if each asks only itself for it.
    return name.startswith("_") and all(
        name in names[user].made and name not in names[user].attributes for user in users
    )


def _module(module: str) -> str:
    return module


def _package(module: str) -> str:
    """The room that a module is in: its folder, but for the two that belong to it from above."""
    if module in OF_MONEY:
        return "agent.money"
    words = module.split(".")
    return ".".join(words[:2] if words[0] == "agent" and len(words) > 2 else words[:1])


def _kin(names: dict[str, Names], room: Callable[[str], str]) -> list[list[str]]:
    """The modules by their rooms, those together whose classes inherit from each other."""
    group = {module: room(module) for module in names}
    for module, mine in names.items():
        for base in mine.bases & names.keys():
            old, new = group[module], group[base]
            group = {one: new if root == old else root for one, root in group.items()}
    return [[one for one in names if group[one] == root] for root in sorted(set(group.values()))]


def _short_names(form: str, taken: set[str]) -> Iterator[str]:
    """_a, _b … or a_, b_ …, without those that are somebody's."""
    for size in count(1):
        for letters in product(string.ascii_letters, repeat=size):
            name = form % "".join(letters)
            if name not in taken:
                yield name


def _modules() -> Iterator[tuple[str, Path]]:
    """All that a chip may carry, whatever its product and board."""
    for ending in LIBRARY_MODULES:
        path = source(LIBRARY + ending)
        assert path is not None, ending
        yield LIBRARY + ending, path
    paths = [
        *ROOT.glob("agent/**/*.py"),
        *ROOT.glob("hal/**/*.py"),
        *ROOT.glob("firmware/esp32/*.py"),
    ]
    for path in [*paths, *sorted((ROOT / "firmware").glob("[a-z]*.py"))]:
        place = path.relative_to(ROOT).as_posix()
        if not place.startswith(HOST_ONLY):
            yield place.removesuffix(".py").removesuffix("/__init__").replace("/", "."), path


def _of_python() -> set[str]:
    """What the runtime's own objects call theirs, so far as CPython has them too."""
    things: Iterable[object] = (builtins, *TYPES, *(__import__(name) for name in RUNTIME))
    found = {name for thing in things for name in dir(thing) if not name.startswith("_")}
    for name in RUNTIME:
        for inner in vars(__import__(name)).values():
            if isinstance(inner, type):
                found.update(name for name in dir(inner) if not name.startswith("_"))
    return found
