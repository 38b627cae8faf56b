"""The power fails at every single flash operation between a need and its acknowledged order.

n = 1, 2, 3, … until an n at which nothing is cut any more; every one must end with one order that
is verified, a ledger that verifies and one parcel. On the agent's own store (each cut before,
within and after an operation) and on littlefs in a MicroPython process.
"""

import copy
import time

import pytest
from real_parts import LOW, PRODUCT, Bench, copied, keys

from sim.desk.messages import RFQ
from sim.mpy.thing import MicroPythonThing
from sim.world.memory import MemoryStore
from sim.world.thing import LocalThing

SEED = b"seed" * 8
STEPS_AFTER = 3  # turns after the order left: by then it is acknowledged
MOST = 1000  # operations; more than this means that the search does not end


def local(directory, store):
    return Bench(LocalThing(PRODUCT, keys("hopper-1"), SEED, store), directory)


def on_littlefs(directory):
    flash = directory / "flash.bin"
    return Bench(MicroPythonThing(PRODUCT, keys("hopper-1"), SEED, flash=flash), directory)


def before_the_need(bench):
    """Turn until the next step would raise the need; returns the second."""
    bench.boot()
    for _ in range(10):
        bench.turn()
    bench.level = LOW
    for _ in range(5):
        assert all(message[2] != RFQ for message in bench.turn())
    assert bench.thing.line("orders").count("\n") < 1
    bench.close()
    return bench.now


def ordered_through(bench, now, *cut):
    """From before the need to an acknowledged order with one cut, and on to the end.

    Returns how often the power failed on the way.
    """
    bench.now, bench.level = now, LOW
    bench.thing.cut_after(*cut)
    bench.boot()
    while not bench.orders():
        bench.turn()
    for _ in range(STEPS_AFTER):
        bench.turn()
    cuts = bench.cuts
    bench.finish()
    bench.close()
    return cuts


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_every_operation_of_the_store(tmp_path, share):
    began = time.monotonic()
    base = tmp_path / "base"
    base.mkdir()
    store = MemoryStore()
    now = before_the_need(local(base, store))
    for operation in range(1, MOST):
        kept = copy.deepcopy(store)
        bench = local(copied(base, tmp_path / str(operation)), kept)
        if not ordered_through(bench, now, operation, share):
            break
    print(f"{operation - 1} operations, {time.monotonic() - began:.1f} s")
    assert 5 < operation < MOST - 1


def test_every_operation_of_the_flash_under_littlefs(tmp_path):
    began = time.monotonic()
    base = tmp_path / "base"
    base.mkdir()
    now = before_the_need(on_littlefs(base))
    for operation in range(1, MOST):
        bench = on_littlefs(copied(base, tmp_path / str(operation)))
        if not ordered_through(bench, now, operation):
            break
    print(f"{operation - 1} operations, {time.monotonic() - began:.1f} s")
    assert 20 < operation < MOST - 1
