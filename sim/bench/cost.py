"""What the agent costs: bytes of code, heap, time and garbage of a reading, bytes on the wire.

Everything is measured, nothing estimated: code as mpy-cross leaves it, heap on the 32-bit
WebAssembly build of MicroPython (needs Node; left out without it), readings on the unix port with
the bytecode that devices load, messages and decisions in runs of the simulator. Times are this
machine's; an ESP32 is slower by a factor that no figure here claims to know.
"""

import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cbor2
from rich.table import Table

from boards.compiler import compile_product
from sim.desk import codec, messages
from sim.mpy import heap, image, runtime
from sim.mpy.thing import FirmwareError, MicroPythonThing
from sim.world import scenario
from sim.world.run import Run

PRODUCTS = runtime.ROOT / "boards" / "products"
AGENT_BYTES = 48 * 1024
HEAP_BYTES = 40 * 1024
FRAME_BYTES = {"order": 300, "case": 400, "health": 120}
KINDS = {"order": messages.ORDER, "case": messages.CASE, "health": messages.HEALTH}
MOMENTS = 600  # minutes of readings that are measured
WIRE_DAYS = 16  # of the coffee machine's month: orders, a scaled boiler and a jammed grinder
DAY_S = 86_400
PROBE = Path(__file__).with_name("cost_probe.py")
PARTS = ("code", "heap", "readings", "wire", "decision", "week")
WEEK = 7
LOOKS = 8  # a day, at what is in use
CAPS_KB = range(256, 1024, 64)  # heaps of 64 bits that are tried, the smallest first


def run(*, parts=PARTS, progress: Callable[[int, int], None] | None = None) -> dict:
    """Return a dict with one entry for each of `parts`; `heap` is None without Node.

    progress: called with (done, of).
    """
    began = time.monotonic()
    measure = {"code": code, "heap": heaps, "readings": readings, "wire": wire,
               "decision": decision, "week": week}  # fmt: skip
    result: dict = {"bench": "cost"}
    for done, part in enumerate(parts):
        result[part] = measure[part]()
        if progress:
            progress(done + 1, len(parts))
    return result | {"seconds": time.monotonic() - began}


def code() -> dict[str, int]:
    """Bytes of .mpy: `agent` and `hal` in all, and each room of the agent."""
    rooms: dict[str, int] = {"agent": 0, "hal": 0}
    for name, size in image.sizes(image.build()).items():
        words = name.split("/")
        if words[0] in rooms:
            rooms[words[0]] += size
        if words[0] == "agent":
            room = "agent/" + (words[1] if len(words) > 2 else words[1].removesuffix(".mpy"))
            rooms[room] = rooms.get(room, 0) + size
    return rooms


def heaps() -> dict | None:
    """For each way of getting code onto a device: bytes taken by modules and by objects."""
    found = {}
    try:
        for way in heap.WAYS:
            steps = heap.measure(way=way)
            found[way] = {
                kind: sum(size for name, size in steps.items() if name.startswith(kind))
                for kind in ("modules", "objects")
            }
    except FileNotFoundError:
        return None
    return found


def readings() -> dict[str, dict[str, float]]:
    """Microseconds and bytes of garbage of a reading: `agent` in all, and one of each monitor.

    `loaded` tells how many bytes of the agent's .mpy the coffee machine had imported for that.
    """
    product = compile_product(PRODUCTS / "coffee_machine.toml")
    job = {
        "product": product.hex(),
        "readings": _rows(cbor2.loads(product)["channels"]),
        "monitors": list(_monitors().values()),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        done = subprocess.run(
            runtime.command(PROBE, file.name, heap="256M"),
            env=runtime.environment(image.build()),
            capture_output=True, check=True, text=True, timeout=300,
        )  # fmt: skip
    found = json.loads(done.stdout)
    loaded = {name.replace(".", "/") for name in found.pop("loaded")}
    size = sum(
        size
        for name, size in image.sizes(image.build()).items()
        if name.removesuffix(".mpy").removesuffix("/__init__") in loaded
    )
    kinds = sorted(kind for kind in found if kind != "agent")
    return {kind: found[kind] for kind in ("agent", *kinds)} | {"loaded": {"bytes": size}}


def _monitors() -> dict[str, dict]:
    """One monitor of each kind that a product in boards/ uses, as that product sets it."""
    found: dict[str, dict] = {}
    for path in sorted(PRODUCTS.glob("*.toml")):
        record = cbor2.loads(compile_product(path))
        for spec in record["monitors"]:
            rows = _rows([record["channels"][index] for index in spec["channels"]])
            own = {"name": spec["kind"], "kind": spec["kind"], "rows": rows}
            found.setdefault(spec["kind"], own | {"settings": spec.get("settings", {})})
    return found


def _rows(channels: list[dict]) -> list[list[float]]:
    """Readings in the middle of each channel's range, with noise: an uneventful machine."""
    chance = random.Random(1)
    spans = [(c["low"] + (c["high"] - c["low"]) / 2, (c["high"] - c["low"]) / 50) for c in channels]
    return [[chance.gauss(middle, width) for middle, width in spans] for _ in range(MOMENTS)]


def wire() -> dict:
    """Bytes of whole frames in a simulated month, and how fast it went.

    Sealed COSE_Mac0 frames, before MQTT and TLS: {kind: {count, mean, largest}}. Device-days are
    per second of CPython's own time, with desk, people and physics included.
    """
    playing = Run(scenario.load("coffee_machine"))
    try:
        began = time.process_time()  # others may be at work on this machine
        playing.advance(WIRE_DAYS * DAY_S)
        spent = time.process_time() - began
        sizes: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for frame in playing.observer.frames["up"]:
            payload = codec.open_frame(frame, playing.keys.root_key, playing.name, codec.UP)
            for kind, number in KINDS.items():
                if payload[messages.KIND] == number:
                    sizes[kind].append(len(frame))
    finally:
        playing.close()
    found: dict = {
        kind: {"count": len(each), "mean": sum(each) / len(each), "largest": max(each)}
        for kind, each in sizes.items()
        if each
    }
    return found | {"device_days_per_s": WIRE_DAYS / spent}


def decision() -> dict[str, float]:
    """Milliseconds of one step on MicroPython: an ordinary one, and the dearest of an order.

    That is among those from the request on, which verify offers, until the order goes out, which
    may be some steps after the one that signed it: first the desk hears what was decided before.
    """
    playing = Run(scenario.load("coffee_machine"), runtime="micropython")
    times: list[float] = []
    asked: list[int] = []  # steps before sellers were asked
    placed: list[int] = []  # ... and until the order went out
    plain_step = playing.thing.step

    def step(*arguments):
        began = time.perf_counter()
        stepped = plain_step(*arguments)
        times.append(time.perf_counter() - began)
        for frame in stepped.frames:
            payload = codec.open_frame(frame, playing.keys.root_key, playing.name, codec.UP)
            if payload[messages.KIND] == messages.RFQ:
                asked.append(len(times))
            if payload[messages.KIND] == messages.ORDER:
                placed.append(len(times))
        return stepped

    playing.thing.step = step  # type: ignore[method-assign]
    try:
        while not placed and playing.world.now < 10 * DAY_S:
            playing.advance(playing.world.now + DAY_S // 8)
    finally:
        playing.close()
    return {
        "usual_step_ms": 1000 * sorted(times)[len(times) // 2],
        "ordering_step_ms": 1000 * max(times[asked[0] : placed[0]]),
    }


def week() -> dict[str, float]:
    """The smallest heap in which the coffee machine lives through a week, and what it used of it.

    On 64 bits, where an object takes twice what it takes on a device, with code copied into the
    heap and the flash (`journal`, in bytes at the end) in it as well. `used` is the most that was
    in use after a collection, `start` what was after the first boot.
    """
    for cap_kb in CAPS_KB:
        if (found := _lived(cap_kb)) is not None:
            return {"cap": cap_kb * 1024, **found}
    raise ValueError(f"a week needs more heap than {CAPS_KB[-1]} KB")


def _lived(cap_kb: int) -> dict[str, float] | None:
    """A week under this cap; None when the memory ran out."""
    try:
        playing = Run(scenario.load("coffee_machine"), runtime="micropython", heap=f"{cap_kb}K")
    except FirmwareError:
        return None
    thing = playing.thing
    assert isinstance(thing, MicroPythonThing)
    try:
        used = [thing.heap[0]]
        for look in range(WEEK * LOOKS):
            playing.advance((look + 1) * DAY_S // LOOKS)
            if playing.observer.crashes:
                return None
            used.append(thing.heap[0])
        return {"start": used[0], "used": max(used), "journal": len(thing.journal())}
    except FirmwareError:
        return None
    finally:
        playing.close()


def table(result: dict) -> Table:
    """Return the result as a rich table: what, how much, and what it may be."""
    shown = Table(title="What the agent costs")
    for head in ("", "measured", "goal"):
        shown.add_column(head, justify="right" if head else "left")
    for part in PARTS:
        if result.get(part):
            for row in ROWS[part](result[part]):
                shown.add_row(*row)
            shown.add_section()
    return shown


def _code_rows(found):
    for room, size in found.items():
        yield f".mpy of {room}", f"{size:,} B", f"≤ {AGENT_BYTES:,} B" if room == "agent" else ""


def _heap_rows(found):
    for way, sizes in found.items():
        goal = f"≤ {HEAP_BYTES:,} B"
        yield f"heap, code {way}: objects", f"{sizes['objects']:,} B", goal
        yield f"heap, code {way}: modules", f"{sizes['modules']:,} B", ""


def _reading_rows(found):
    loaded = found["loaded"]["bytes"]
    yield ".mpy that the coffee machine loads", f"{loaded:,} B", f"≤ {AGENT_BYTES:,} B"
    for name, cost in found.items():
        if name == "loaded":
            continue
        what = "through the whole agent" if name == "agent" else f"in {name}"
        yield f"a reading {what}", f"{cost['us']:.1f} µs, {cost['bytes']:.0f} B garbage", ""


def _wire_rows(found):
    for kind, most in FRAME_BYTES.items():
        if kind in found:
            each = found[kind]
            size = f"{each['mean']:.0f} B ({each['largest']} B at most, {each['count']} frames)"
            yield f"frame of {kind}", size, f"≤ {most} B"
    yield "virtual time, CPython", f"{found['device_days_per_s']:.1f} device-days/s", ""


def _decision_rows(found):
    yield "a usual step, MicroPython", f"{found['usual_step_ms']:.2f} ms", ""
    yield "the dearest step of an order", f"{found['ordering_step_ms']:.1f} ms", ""


def _week_rows(found):
    words = f"{found['used']:,} B ({found['start']:,} B at the start)"
    yield "heap in use in a week, 64 bits, code and flash in it", words, ""
    yield "of it flash, at the end of the week", f"{found['journal']:,} B", ""
    yield "the smallest heap that lasts the week, 64 bits", f"{found['cap']:,} B", ""


ROWS = {"code": _code_rows, "heap": _heap_rows, "readings": _reading_rows, "wire": _wire_rows,
        "decision": _decision_rows, "week": _week_rows}  # fmt: skip
