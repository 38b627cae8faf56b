"""Damaged memory and broken files: the thing starts or says what is wrong, and loses no order."""

import copy
import json
import random
import subprocess
import time
from pathlib import Path

import pytest
from real_parts import LOW, PRODUCT, Bench, Place, copied, keys

from hal.store import head
from sim.desk.messages import HELLO, ORDER, RECONCILE
from sim.desk.models import Case, OrderState, Outgoing
from sim.mpy import runtime
from sim.mpy.process import BLOCKS
from sim.mpy.thing import MicroPythonThing
from sim.world.memory import MemoryStore
from sim.world.thing import LocalThing

SEED = b"seed" * 8
NOISE = random.Random(8).randbytes(700)
DAMAGES = {
    "one bit at the beginning": lambda whole: flipped(whole, 5),
    "one bit in the middle": lambda whole: flipped(whole, len(whole) // 2),
    "one bit at the end": lambda whole: flipped(whole, len(whole) - 3),
    "many bits": lambda whole: many(whole),
    "no beginning": lambda whole: whole[len(whole) // 3 :],
    "no end": lambda whole: whole[: len(whole) * 2 // 3],
    "a hole": lambda whole: whole[:400] + whole[900:],
    "zeros in the middle": lambda whole: whole[:300] + bytes(500) + whole[800:],
    "noise in the middle": lambda whole: whole[:300] + NOISE + whole[300:],
    "noise at the end": lambda whole: whole + NOISE,
    "nothing but noise": lambda whole: NOISE,
    "nothing but zeros": lambda whole: bytes(len(whole)),
    "nothing": lambda whole: b"",
}


def flipped(data, offset):
    changed = bytearray(data)
    changed[offset] ^= 0x10
    return bytes(changed)


def many(data):
    for offset in range(50, len(data), 211):
        data = flipped(data, offset)
    return data


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    """A folder and a store in which an order has just been placed, and the second of it."""
    directory = tmp_path_factory.mktemp("ordered")
    store = MemoryStore()
    bench = Bench(LocalThing(PRODUCT, keys("hopper-1"), SEED, store), directory)
    bench.boot()
    for _ in range(10):
        bench.turn()
    bench.level = LOW
    bench.until(ORDER)
    for _ in range(3):
        bench.turn()
    bench.close()
    return directory, store, bench.now


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_journal_loses_no_order_and_makes_no_second(tmp_path, ordered, how):
    began = time.monotonic()
    directory, kept, now = ordered
    store = copy.deepcopy(kept)
    store._journal = [DAMAGES[how](b"".join(store.blocks()))]
    thing = LocalThing(PRODUCT, keys("hopper-1"), SEED, store)
    bench = Bench(thing, copied(directory, tmp_path / "desk"))
    bench.now, bench.level = now, LOW
    bench.boot()
    assert not buying(thing)
    hello = next(message for message in bench.turn() if message[2] == HELLO)[6]
    if how not in ("no end", "nothing"):  # which look like a power cut, and a new thing
        assert thing.agent.journal.rotten > 0 and hello[8] == 0
    bench.finish()
    assert "rotten_bytes" in thing.line("status")
    entries = thing.line("ledger")
    assert "reconciled" in entries
    bench.close()
    print(f"{how}: {time.monotonic() - began:.1f} s")


def test_what_was_damaged_is_bought_again_only_when_it_is_needed_again(tmp_path, ordered):
    directory, kept, now = ordered
    store = copy.deepcopy(kept)
    store._journal = [many(b"".join(store.blocks()))]
    thing = LocalThing(PRODUCT, keys("hopper-1"), SEED, store)
    bench = Bench(thing, copied(directory, tmp_path / "desk"))
    bench.now, bench.level = now, LOW
    bench.boot()
    reconciled = 0
    for _ in range(3):
        reconciled += sum(row.kind == RECONCILE for row in outgoing(bench))
        bench.turn()
        known = thing.agent.trade.orders.find(bench.orders()[0].order_id)
        assert known or not thing.agent.may_buy()
    bench.finish()
    assert len(bench.orders()) == 1
    bench.close()


def buying(thing):
    """Whether the thing itself says that it may buy now."""
    return json.loads(thing.line("status --json"))["buying"] == "yes"


def outgoing(bench):
    return bench.desk.act(lambda work: work.session.query(Outgoing).all())


def test_a_month_without_the_desk_arrives_once(tmp_path):
    began = time.monotonic()
    thing = LocalThing(PRODUCT, keys("hopper-1"), SEED)
    bench = Bench(thing, tmp_path)
    bench.boot()
    for _ in range(10):
        bench.turn()
    bench.level = LOW
    for hour in range(30 * 24):
        bench.pass_alone(3600, readable=not 300 < hour < 400)
        if hour == 500:
            thing.kill()
            bench.boot()
    waiting = thing.agent.outbox.waiting()
    bench.finish(400)
    cases = bench.desk.act(lambda work: work.session.query(Case).all())
    assert waiting >= 2 and len(cases) == 1 and cases[0].mode == "sensor_fault"
    assert thing.agent.outbox.waiting() <= 1 and not thing.agent.outbox.dropped
    bench.close()
    print(f"{time.monotonic() - began:.1f} s")


def test_a_damaged_journal_on_littlefs(tmp_path):
    flash = tmp_path / "flash.bin"
    bench = Bench(MicroPythonThing(PRODUCT, keys("hopper-1"), SEED, flash=flash), tmp_path)
    bench.boot()
    for _ in range(10):
        bench.turn()
    bench.level = LOW
    bench.until(ORDER)
    bench.turn()
    journal = bench.thing.journal()
    bench.thing.kill()
    write(tmp_path, flash, 64, "state/journal", many(journal))
    bench.boot()
    assert not buying(bench.thing)
    bench.finish()
    bench.close()


def write(folder: Path, image: Path, blocks: int, name: str, data: bytes) -> None:
    """Put bytes into a file of a littlefs image."""
    (folder / "bytes").write_bytes(data)
    script = Path(__file__).with_name("mpy_flash_write.py")
    runtime.run(script, image, blocks, name, folder / "bytes")


BROKEN = {"empty of sense": b"\xff\xff", "cut short": None, "another kind": b"\xa0"}


@pytest.mark.parametrize("name", ["product", "board", "identity", "link"])
def test_a_broken_file_is_named_and_nothing_is_half_done(tmp_path, name):
    """Broken by whoever made it; what rots since is found by the store."""
    began = time.monotonic()
    with Place(tmp_path) as place:
        device = place.ready().device
        place.until(lambda: place.state() >= OrderState.PLACED)
        device.kill()
        image = device.directory / "flash.bin"
        whole = (device.directory / "provision" / name).read_bytes()
        for data in BROKEN.values():
            broken = data or whole[: len(whole) // 2]
            write(tmp_path, image, BLOCKS, "state/" + name, head(broken) + broken)
            before = image.read_bytes()
            told = len(device.errors)
            device.start()
            assert device.wait() == 1
            assert name in device.errors[told:].splitlines()[-1]
            kept = image.read_bytes() == before
            assert kept or name == "link", "nothing is written by what cannot start"
        write(tmp_path, image, BLOCKS, "state/" + name, head(whole) + whole)
        (device.directory / "err.log").write_bytes(b"")
        place.settle()
    print(f"{name}: {time.monotonic() - began:.1f} s")


def test_the_file_writer_writes(tmp_path):
    image = tmp_path / "flash.bin"
    write(tmp_path, image, 16, "a", b"one")
    with pytest.raises(subprocess.CalledProcessError):
        write(tmp_path, image, 16, "missing/folder", b"one")
