"""Measures the heap that a product takes on a 32-bit MicroPython, where an ESP32 has little of it.

`python -m sim.mpy.heap [product.toml]` prints what modules and objects take after a collection,
once for each way in which code gets onto a device: .mpy files on littlefs, copied to the heap, and
a ROMFS image, whose code stays in flash; both with line numbers and without. Frozen modules take
what a ROMFS takes or less. The interpreter is the WebAssembly build, installed with npm under
build/; it loads the same .mpy files that a device does.
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
VERSION = "1.29.0-6"  # of the 1.29 series; the first ones had no ROMFS
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
product = cbor.decode(load('product'))
for monitor in product.get('monitors', ()):
    __import__('agent.sense.monitors.' + monitor['kind'])
    del monitor
if product.get('consumables'):
    import agent.trade
if product.get('habits'):
    import agent.sense.habit
del product
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
def start():
    return firmware.start.start_agent(store, p256, lambda count: bytes(range(count)), 'power on')
agent = start()
""",
    ),
)
USE = (
    (
        "objects sensors and loop",
        """
class Part:
    def __init__(self, bus, args):
        self.value = 1.0
    def read(self):
        return {'': self.value}
sensors = firmware.start.start_sensors(store, agent, lambda *bus: None, lambda name: Part)
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

# The rooms of the agent in the order in which they are let go, those that lean on others first: a
# room takes what is freed when it goes. What is named but not there takes nothing.
ROOMS = (
    *("inbox", "cases", "_rooms", "orders", "budget", "mandate", "ledger", "outbox"),
    *("shelf", "senses", "journal", "product", "identity", "clock"),
)

# The ways onto a device: the options of mpy-cross, and whether the image is a ROMFS.
WAYS = {
    "copied": (image.OPTIMISE, False),
    "copied, stripped": (image.STRIPPED, False),
    "in ROM": (image.OPTIMISE, True),
    "in ROM, stripped": (image.STRIPPED, True),
}


def measure(
    product: Path | str = COFFEE_MACHINE, board: Path | str = BOARD, way: str = "copied"
) -> dict[str, int]:
    """Bytes of heap by step, in order; `interpreter` first, which is there in any case.

    After the steps follow the agent's rooms as `room <name>`, each a part of `objects agent`.
    Raises FileNotFoundError when Node or npm is missing, CalledProcessError when a step fails.
    """
    content = _image_files(*WAYS[way])
    content["files/product"] = compile_product(product)
    content["files/board"] = compile_board(board, product)
    content["files/identity"] = cbor2.dumps(KEYS, canonical=True)
    content.update({f"stand_ins/{name}.py": _stand_in(name) for name in NOT_THERE})
    rooms = [(f"room {name}", _let_go(name)) for name in ROOMS]
    plan = {
        "files": {name: base64.b64encode(data).decode() for name, data in content.items()},
        "steps": [*STEPS, *rooms, ("", "agent = start()"), *USE],
    }
    rows = _run(plan)
    before = [0, *(used for _, used in rows)]
    taken = {name: used - before[index] for index, (name, used) in enumerate(rows)}
    return {name: abs(size) for name, size in taken.items() if name}


def _let_go(room: str) -> str:
    return f"""for owner in (agent, agent.trade):
    if hasattr(owner, {room!r}):
        owner.{room} = None
del owner"""


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


def _image_files(optimise: str, in_rom: bool) -> dict[str, bytes]:
    folder = image.build(optimise=optimise)
    if in_rom:
        return {"rom": image.rom(folder)}
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.mpy")}
    return {f"image/{name}": path.read_bytes() for name, path in files.items()}


def _stand_in(name: str) -> bytes:
    return f"# stands in for {name}, which this build has not".encode()


def table(columns: dict[str, dict[str, int]]) -> str:
    """The measurements by way as lines of text: steps, their totals, rooms."""
    first = next(iter(columns.values()))
    steps = [name for name in first if not name.startswith("room ")]
    rows = {name: [column[name] for column in columns.values()] for name in first}
    for kind in ("modules", "objects"):
        parts = [rows[name] for name in steps if name.startswith(kind)]
        rows[f"all {kind}"] = [sum(sizes) for sizes in zip(*parts, strict=True)]
    parts = [rows[name] for name in steps]
    rows["total"] = [sum(sizes) for sizes in zip(*parts, strict=True)]
    rooms = [name for name in first if name not in steps]
    order = [*steps, "all modules", "all objects", "total", *rooms]
    heads = "".join(f"{way:>18}" for way in columns)
    lines = ["".join(f"{size:18}" for size in rows[name]) + f"  {name}" for name in order]
    return "\n".join([heads, *lines])


def main() -> None:
    product = sys.argv[1] if sys.argv[1:] else COFFEE_MACHINE
    print(table({way: measure(product, way=way) for way in WAYS}))


if __name__ == "__main__":
    main()
