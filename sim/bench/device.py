"""What a device has to give: bytes of its image each way, time of a start, wear of its flash.

Images are built as `steward build` does. A start is measured in the MicroPython unix port on this
machine, code from files and from a ROMFS, with an empty memory and with a month's. For the wear
the coffee machine is run in the simulator, what it did to its store is done again to littlefs on a
flash that counts erases of its blocks, and the worst block's count is drawn out to ten years.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cbor2
from rich.table import Table

from boards.compiler import compile_board, compile_product
from firmware.image.build import build
from sim.mpy import image, runtime
from sim.world import scenario
from sim.world.run import Run
from sim.world.thing import LocalThing

PARTS = ("image", "boot", "wear")
BOARDS = ("esp32_coffee_machine", "esp32_water_pump", "esp32c3_freezer_guard")
BLOCKS = 256  # of 4 KiB: half of what stock firmware leaves to files on 4 MiB, image or not
DAYS = 30
ROUNDS = 4  # of them for the wear: littlefs moves what is written often after a hundred erases
YEARS = 10
ERASES = 100_000  # that a block takes
GOAL = 0.1  # of them, after YEARS
DAY_S = 86_400
TIME_BYTES = 12  # of the file that remembers the time, written once a day (firmware/esp32/main.py)
PROBE = Path(__file__).with_name("device_probe.py")
ROOMS = runtime.ROOT / "boards"


def run(
    *, parts=PARTS, days: int = DAYS, progress: Callable[[int, int], None] | None = None
) -> dict:
    """Return a dict with one entry for each of `parts`. progress: called with (done, of)."""
    began = time.monotonic()
    result: dict = {"bench": "device"}
    with tempfile.TemporaryDirectory() as folder:
        lived = None if tuple(parts) == ("image",) else Lived(days)
        for done, part in enumerate(parts):
            result[part] = MEASURE[part](Path(folder), lived)
            if progress:
                progress(done + 1, len(parts))
    return result | {"seconds": time.monotonic() - began}


class Lived:
    """A coffee machine that lived so many days: what it did to its store, and what is left there.

    `trace`: [append | replace | save, bytes, name of the file].
    """

    def __init__(self, days: int):
        self.days = days
        self.trace: list[tuple[str, int, str]] = []
        playing = Run(scenario.load("coffee_machine"))
        assert isinstance(playing.thing, LocalThing)
        try:
            self._follow(playing.thing.store)
            for day in range(days):
                playing.advance((day + 1) * DAY_S)
                self.trace.append(("save", TIME_BYTES, "time"))
            self.journal = playing.thing.journal()
            self.keys = playing.keys
        finally:
            playing.close()

    def _follow(self, store) -> None:
        plain_append, plain_replace = store.append, store.replace

        def append(data):
            self.trace.append(("append", len(data), ""))
            plain_append(data)

        def replace(pieces):
            pieces = [bytes(piece) for piece in pieces]
            self.trace.append(("replace", sum(map(len, pieces)), ""))
            plain_replace(pieces)

        store.append, store.replace = append, replace


def images(folder: Path, lived: Lived | None) -> dict[str, dict[str, int]]:
    """Bytes by board: .mpy files, the ROMFS image, and how many modules they are."""
    found = {}
    for name in BOARDS:
        product = ROOMS / "products" / f"{name.partition('_')[2]}.toml"
        built = build(ROOMS / f"{name}.toml", product, folder / name)
        size = sum(built.sizes.values())
        found[name] = {"files": size, "romfs": built.romfs_bytes, "modules": len(built.sizes)}
    return found


def boots(folder: Path, lived: Lived | None) -> dict[str, dict[str, float]]:
    """Milliseconds by way and memory: modules, memory (replay of the journal), first reading."""
    assert lived is not None
    product = scenario.PRODUCTS / "coffee_machine.toml"
    keep = {
        "product": compile_product(product),
        "board": compile_board(ROOMS / "simulated.toml", product),
        "identity": cbor2.dumps(lived.keys._asdict(), canonical=True),
    }
    code = image.build()
    rom = folder / "code.rom"
    rom.write_bytes(image.rom(code))
    found = {}
    for way, where, options in (("files", code, {}), ("ROMFS", folder, {"rom": str(rom)})):
        for memory, journal in (("new", {}), (f"{lived.days} days", {"journal": lived.journal})):
            texts = {name: data.hex() for name, data in (keep | journal).items()}
            found[f"{way}, {memory}"] = _probe(folder, where, keep=texts, **options)
    return found


def wear(folder: Path, lived: Lived | None, rounds: int = ROUNDS) -> dict[str, float]:
    """Writes a day, erases of the worst block in ten years, and the share of what it takes."""
    assert lived is not None
    found = _probe(folder, image.build(), trace=lived.trace * rounds)
    days = lived.days * rounds
    worst = found["worst_block"] * YEARS * 365 / days
    return {
        "store_writes_a_day": len(lived.trace) / lived.days,
        "bytes_a_day": found["bytes"] / days,
        "erases_a_day": found["erases"] / days,
        "blocks_used": found["blocks_used"],
        "worst_block_in_10_years": worst,
        "share": worst / ERASES,
    }


MEASURE: dict[str, Callable] = {"image": images, "boot": boots, "wear": wear}


def _probe(folder: Path, code: Path, **job) -> dict:
    """Run the probe on a new flash, with the modules of `code`."""
    flash = folder / "flash.bin"
    flash.unlink(missing_ok=True)
    file = folder / "job.json"
    file.write_text(json.dumps({"flash": str(flash), "blocks": BLOCKS, **job}))
    done = subprocess.run(
        runtime.command(PROBE, file, heap="16M"), env=runtime.environment(code),
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise ValueError(f"the probe failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def table(result: dict) -> Table:
    """Return the result as a rich table: what, how much, and what it may be."""
    shown = Table(title="What a device has to give")
    for head in ("", "measured", "goal"):
        shown.add_column(head, justify="right" if head else "left")
    for part in PARTS:
        if part in result:
            for row in ROWS[part](result[part]):
                shown.add_row(*row)
            shown.add_section()
    return shown


def _image_rows(found):
    for board, sizes in found.items():
        files = f"{sizes['files']:,} B in {sizes['modules']} modules"
        yield f"image of {board}: files", files, ""
        yield f"image of {board}: ROMFS", f"{sizes['romfs']:,} B", ""


def _boot_rows(found):
    for way, spans in found.items():
        shares = ", ".join(f"{name} {span:.0f}" for name, span in spans.items())
        yield f"start to first reading, {way}", f"{sum(spans.values()):.0f} ms ({shares})", ""


def _wear_rows(found):
    yield "store writes", f"{found['store_writes_a_day']:.1f} a day", ""
    yield "bytes to flash", f"{found['bytes_a_day']:,.0f} a day", ""
    yield "blocks erased", f"{found['erases_a_day']:.1f} a day", ""
    worst = f"{found['worst_block_in_10_years']:,.0f} erases ({found['share']:.1%})"
    yield f"worst block after {YEARS} years", worst, f"≤ {int(GOAL * ERASES):,}"


ROWS = {"image": _image_rows, "boot": _boot_rows, "wear": _wear_rows}
