"""Type-checks what runs on an ESP32 against MicroPython's own stubs.

CPython's standard library must not be in sight there: `time.sleep_ms` exists, `datetime` does
not. So mypy gets a typeshed of its own, put together from the installed stub packages, and the
stubs' own quarrels are left to their authors: only findings in our files count.
"""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUBS = ROOT / "build" / "typings"
PACKAGES = ("micropython-stdlib-stubs", "micropython-esp32-stubs")
CHECKED = ("hal/esp32", "hal/drivers", "hal/link_chumicro.py", "firmware/esp32", "firmware/loop.py")

# What MicroPython has and its stubs forgot: file, the line before, the line to add.
FORGOTTEN = (("tls.pyi", "class SSLContext:\n", "    verify_mode: int\n"),)

SETTINGS = """\
[mypy]
mypy_path = {root}:{stubs}
custom_typeshed_dir = {stubs}
explicit_package_bases = True
check_untyped_defs = True
# Ports are made lazily, and an attribute that starts as None has no annotation to say more.
strict_optional = False
warn_unused_ignores = False
cache_dir = {root}/.mypy_cache/esp32

[mypy-{ignored}]
ignore_errors = True

[mypy-agent.*]
ignore_errors = True

# The last one is what a build writes for its product.
[mypy-chumicro_mqtt.*,chumicro_sockets.*,chumicro_timing.*,chumicro_config.*,carried]
ignore_missing_imports = True
"""


def collect_stubs() -> list[str]:
    """Copies the stubs to build/typings; returns the modules they are for."""
    shutil.rmtree(STUBS, ignore_errors=True)
    modules = set()
    for package in PACKAGES:
        for file in importlib.metadata.files(package) or ():
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                target = STUBS / str(file)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
                modules.add(file.parts[0].removesuffix(".pyi"))
    for name, before, line in FORGOTTEN:
        text = (STUBS / name).read_text("utf-8")
        (STUBS / name).write_text(text.replace(before, before + line, 1), "utf-8")
    return sorted(modules - {"stdlib", "stubs"})


def write_settings() -> Path:
    modules = collect_stubs()
    ignored = ",".join([*modules, *(f"{module}.*" for module in modules)])
    settings = ROOT / "build" / "esp32-mypy.ini"
    settings.write_text(SETTINGS.format(root=ROOT, stubs=STUBS, ignored=ignored), "utf-8")
    return settings


def check(paths: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs mypy over paths as if on an ESP32; its output says what is wrong."""
    command = [sys.executable, "-m", "mypy", "--no-site-packages", "--config-file"]
    return subprocess.run(
        [*command, str(write_settings()), *paths], cwd=ROOT, capture_output=True, text=True
    )


def main() -> int:
    done = check(list(CHECKED))
    print(done.stdout + done.stderr, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
