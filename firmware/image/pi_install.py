"""Installs the thing on a Raspberry Pi, or any Linux with systemd: `make pi` runs it, as root.

Its own user, an environment of its own under --prefix with no more than a thing needs, the unit
beside pi/main.py. Done again it installs what is newer. With --destdir all goes under that folder,
for a system image: then no user is made and nothing is started. Standard library only, for it runs
before anything is installed.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "firmware" / "pi" / "steward.service"
USER = "steward"
PREFIX = "/opt/steward"
UNITS = "/etc/systemd/system"
# Of the project's requirements, those that the firmware imports on Linux; the extra `pi` besides.
NEEDED = ("cryptography", "paho-mqtt", "pyserial")


class Step(NamedTuple):
    """One command; or, with `content`, a file that is written at `words[0]`."""

    words: list[str]
    content: str | None = None

    def __str__(self) -> str:
        return shlex.join(self.words) if self.content is None else f"write {self.words[0]}"


def steps(prefix: str, destdir: str, user_exists: bool) -> Iterator[Step]:
    """Everything that is done, in order."""
    where = destdir + prefix
    python = f"{where}/bin/python"
    if not destdir and not user_exists:
        home = ["--system", "--home-dir", "/var/lib/steward", "--shell", "/usr/sbin/nologin"]
        yield Step(["useradd", *home, USER])
    yield Step([sys.executable, "-m", "venv", where])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    yield Step([*pip, "--upgrade", *requirements()])
    yield Step([*pip, "--no-deps", "--force-reinstall", str(ROOT)])
    yield Step([destdir + f"{UNITS}/{UNIT.name}"], unit(prefix))
    if not destdir:
        yield Step(["systemctl", "daemon-reload"])
        yield Step(["systemctl", "enable", UNIT.name])
        yield Step(["systemctl", "restart", UNIT.name])


def requirements() -> list[str]:
    """What is fetched from a package registry, with the versions that the project names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [line for line in project["dependencies"] if line.split(">")[0] in NEEDED]
    return [*named, *project["optional-dependencies"]["pi"]]


def unit(prefix: str) -> str:
    """The unit, which starts what was installed under `prefix`."""
    return UNIT.read_text("utf-8").replace(PREFIX, prefix)


def install(todo: list[Step], say: Callable[[str], None], run=subprocess.run) -> None:
    """Do all steps. Raises CalledProcessError at the first that fails, OSError for a file."""
    for step in todo:
        say(str(step))
        if step.content is None:
            run(step.words, check=True)
        else:
            file = Path(step.words[0])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.content, "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 installed or shown, 1 a step failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="make pi", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prefix", default=PREFIX, help=f"of the environment ({PREFIX})")
    parser.add_argument("--destdir", default="", help="install for an image in this folder")
    parser.add_argument("--dry-run", action="store_true", help="show the steps, no more")
    options = parser.parse_args(arguments)
    if not options.prefix.startswith("/"):
        parser.error(f"{options.prefix} is no absolute path")
    todo = list(steps(options.prefix, options.destdir, _known(USER)))
    if options.dry_run:
        print(*todo, sep="\n")
        return 0
    if not options.destdir and os.geteuid():
        print("only root may install: sudo make pi, or make pi DRY_RUN=1", file=sys.stderr)
        return 1
    try:
        install(todo, lambda text: print(text, flush=True))
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _known(user: str) -> bool:
    return subprocess.run(["id", "-u", user], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
