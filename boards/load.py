"""Reads a description file and says everything that is wrong with its shape, with line numbers."""

import contextlib
import json
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from boards import toml
from boards.locate import Lines, Path
from boards.problems import DescriptionError, Problem, nearest
from boards.schema import Product
from boards.wiring import Board

# Put in place of a value with a wrong shape, so that the rest can still be checked.
STANDINS = {
    "product": "unnamed", "maker": "unnamed", "version": "0.0.0", "board": "unnamed",
    "chip": "simulated",
}  # fmt: skip


@dataclass
class Loaded:
    """A file as read. The model holds what has the right shape, and is None when hardly anything
    has; `doubtful` are the entries left out of it, whose names others may still use."""

    file: str
    lines: Lines
    model: Product | Board | None
    problems: list[Problem]
    doubtful: set[Path] = field(default_factory=set)

    def report(self, path: Path, message: str, level: str = "error") -> None:
        self.problems.append(Problem(self.file, self.lines.line(path), path, message, level))

    def names(self, section: str, sound: Iterable[str]) -> list[str]:
        """The names that a section defines, those of entries left out too."""
        return [*sound, *(str(path[1]) for path in self.doubtful if path[0] == section)]

    @property
    def sound(self) -> bool:
        return self.model is not None and not any(p.level == "error" for p in self.problems)


def load(file: FilePath | str) -> Loaded:
    """A product or a board, told apart by the key that names it. Never raises for what is inside;
    OSError when the file cannot be read at all."""
    name = str(file)
    try:
        text, data = toml.read(FilePath(file))
    except DescriptionError as error:
        return Loaded(name, Lines(""), None, error.problems)
    model = Board if "board" in data else Product
    loaded = Loaded(name, Lines(text), None, [])
    try:
        loaded.model = model.model_validate(data)
    except ValidationError as error:
        _take_apart(loaded, model, data, error)
    return loaded


def _take_apart(
    loaded: Loaded, model: type[Product] | type[Board], data: dict[str, Any], error: ValidationError
) -> None:
    """Reports what is wrong with the shape and keeps what is right."""
    for details in error.errors(include_url=False):
        path = _path(details["loc"], data)
        loaded.report(path, _message(details, model))
        if len(path) > 1 and isinstance(data[str(path[0])], dict):
            loaded.doubtful.add(path[:2])
        elif path and path[0] in STANDINS:
            data[str(path[0])] = STANDINS[str(path[0])]
        elif path:
            data.pop(str(path[0]), None)
    for section, entry in loaded.doubtful:
        data[str(section)].pop(entry, None)
    with contextlib.suppress(ValidationError):
        loaded.model = model.model_validate(data)


def _path(location: tuple[int | str, ...], data: Any) -> Path:
    """Pydantic's place without the parts it adds, such as the member of a union that failed."""
    path: Path = ()
    for depth, part in enumerate(location):
        inside = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if inside or (isinstance(data, dict) and part in data):
            data, path = data[part], (*path, part)
        elif depth == len(location) - 1 and isinstance(data, dict):
            path = (*path, part)  # a missing key
    return path


def _message(details: Any, model: type[BaseModel]) -> str:
    came, context = details["input"], details.get("ctx", {})
    shown = json.dumps(came, default=str, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key; {nearest(str(details['loc'][-1]), _siblings(details, model))}"
        case "missing":
            return "this key is missing and has no default"
        case "literal_error":
            return f"{shown} is not allowed; {nearest(str(came), _words(context['expected']))}"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"{shown} does not have the form {context['pattern']}"
        case _:
            return f"{shown}: {details['msg'][0].lower()}{details['msg'][1:]}"


def _words(expected: str) -> list[str]:
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def _siblings(details: Any, model: type[BaseModel]) -> list[str]:
    """The keys that the table holding an unknown one does know."""
    inner: Any = model
    for part in details["loc"][:-1]:
        inner = _step(inner, part)
    inner = _bare(inner)
    return sorted(_by_key(inner)) if _is_model(inner) else []


def _step(kind: Any, part: str | int) -> Any:
    kind = _bare(kind)
    if _is_model(kind):
        found = _by_key(kind).get(part)
        return found.annotation if found else None
    arguments = get_args(kind)
    return arguments[-1] if arguments else None


def _bare(kind: Any) -> Any:
    """Without Annotated and without "or None"."""
    while get_origin(kind) in (Union, types.UnionType) or hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    return kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _by_key(model: type[BaseModel]) -> dict[Any, Any]:
    return {info.alias or name: info for name, info in model.model_fields.items()}
