"""Measures the heap that a product takes on a 32-bit MicroPython, where an ESP32 has little of it.

`python -m sim.mpy.heap [product.toml]` prints what modules and objects take after a collection.
The interpreter is the WebAssembly build, installed with npm under build/; it loads the same .mpy
files that a device does. On a device they are copied to the heap as they are here; frozen into
the firmware, the modules' bytes stay in flash.
"""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cbor2

from boards.compiler import compile_board, compile_product
from sim.mpy import image, runtime

PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.27.0"
NPM_FOLDER = runtime.ROOT / "build" / "npm"
BOARD = runtime.ROOT / "boards" / "simulated.toml"
COFFEE_MACHINE = runtime.ROOT / "boards" / "products" / "coffee_machine.toml"

HAL = "store clock console filters wiring"
NOT_THERE = ("tls", "select", "socket")  # modules of a device that a browser has no use for
KEYS = {
    "thing": "coffee-1",
    "root_key": b"r" * 32,
    "private_key": b"p" * 32,
    "public_key": b"q" * 64,
    "owner_key": b"o" * 64,
}

# Each step is run alone and followed by a collection; what it left behind is what it takes.
STEPS = (
    (
        "modules agent",
        """
import agent.core
from agent.wire import cbor, p256
def load(name):
    with open('/files/' + name, 'rb') as file:
        return file.read()
for monitor in cbor.decode(load('product')).get('monitors', ()):
    __import__('agent.sense.monitors.' + monitor['kind'])
del monitor
""",
    ),
    (
        "modules hal and loop",
        "import firmware.loop, firmware.start, " + ", ".join(f"hal.{name}" for name in HAL.split()),
    ),
    ("modules link", "import hal.link_chumicro"),
    (
        "objects agent",
        """
from hal.store import FileStore
store = FileStore('/state')
for name in ('product', 'board', 'identity'):
    store.save(name, load(name))
del name
agent = firmware.start.start_agent(store, p256, lambda count: bytes(range(count)), 'power on')
""",
    ),
    (
        "objects sensors and loop",
        """
class Part:
    def __init__(self, bus, args):
        self.value = 1.0
    def read(self):
        return {'': self.value}
sensors = firmware.start.start_sensors(store, agent, None, lambda name: Part)
loop = firmware.loop.Loop(agent, sensors, None)
""",
    ),
    (
        "objects after two hours",
        """
due = 0
while due < 7200:
    for channel, value in sensors.read(due):
        agent.feed_reading(channel, value, 0, due)
    due = min(agent.step(due), sensors.due)
del due, channel, value
""",
    ),
)


def measure(product: Path | str = COFFEE_MACHINE, board: Path | str = BOARD) -> dict[str, int]:
    """Bytes of heap by step, in order; `interpreter` first, which is there in any case.

    Raises FileNotFoundError when Node or npm is missing, CalledProcessError when a step fails.
    """
    files = {f"image/{name}": path for name, path in _image_files().items()}
    content = {name: path.read_bytes() for name, path in files.items()}
    content["files/product"] = compile_product(product)
    content["files/board"] = compile_board(board, product)
    content["files/identity"] = cbor2.dumps(KEYS, canonical=True)
    content.update({f"image/{name}.py": _stand_in(name) for name in NOT_THERE})
    plan = {
        "files": {name: base64.b64encode(data).decode() for name, data in content.items()},
        "steps": STEPS,
    }
    rows = _run(plan)
    before = [0, *(used for _, used in rows)]
    return {name: used - before[index] for index, (name, used) in enumerate(rows)}


def install() -> Path:
    """The build's entry file; fetched with npm if it is not there yet."""
    entry = NPM_FOLDER / "node_modules" / PACKAGE / "micropython.mjs"
    if not entry.exists():
        NPM_FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--silent", "--prefix", str(NPM_FOLDER)]
        subprocess.run([*command, f"{PACKAGE}@{VERSION}"], check=True, timeout=180)
    return entry


def _run(plan: dict) -> list:
    script = Path(__file__).with_name("heap.mjs")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        command = ["node", str(script), str(install()), file.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, "node", done.stdout, done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _image_files() -> dict[str, Path]:
    folder = image.build()
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.mpy")}


def _stand_in(name: str) -> bytes:
    return f"# stands in for {name}, which this build has not".encode()


def main() -> None:
    measured = measure(*sys.argv[1:2])
    for name, size in measured.items():
        print(f"{size:8} {name}")
    for kind in ("modules", "objects"):
        total = sum(size for name, size in measured.items() if name.startswith(kind))
        print(f"{total:8} all {kind}")
    print(f"{sum(measured.values()):8} total")


if __name__ == "__main__":
    main()
