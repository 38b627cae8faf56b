"""The agent in a MicroPython process: the same bytes as on CPython, through restarts and cuts."""

import hashlib
import random
from pathlib import Path

import cbor2
import pytest

from boards.compiler import compile_product
from hal.linux import p256
from sim.mpy.thing import FirmwareError, MicroPythonThing
from sim.world.thing import Keys, LocalThing

PRODUCT = compile_product(Path(__file__).parents[1] / "boards/products/coffee_machine.toml")
CHANNELS = cbor2.loads(PRODUCT)["channels"]
SEED = b"seed" * 8
HEAP = "512K"  # a ceiling: on 64 bits an object takes twice what it takes on the device


def keys():
    private, owner = (hashlib.sha256(name).digest() for name in (b"thing", b"owner"))
    public = p256.public_key
    return Keys("coffee-1", b"root" * 8, private, public(private), public(owner))


def readings(chance):
    """One reading of every channel, a few of them missing or out of range."""
    for index, channel in enumerate(CHANNELS):
        low, high = channel["low"], channel["high"]
        value = chance.uniform(low, high + (high - low) / 50)
        yield (index, None, 4) if chance.random() < 0.02 else (index, value, 0)


def drive(thing, turns, chance, start=0):
    """Every frame and effect of so many turns, a minute apart."""
    out = []
    for turn in range(start, start + turns):
        stepped = thing.step(60 * turn, list(readings(chance)), [], turn % 10 != 0)
        out.append(stepped)
        if stepped.due is None:
            break
    return out


@pytest.fixture
def local():
    return LocalThing(PRODUCT, keys(), SEED)


@pytest.fixture
def thing():
    with MicroPythonThing(PRODUCT, keys(), SEED, heap=HEAP) as thing:
        yield thing


def test_both_runtimes_say_and_keep_the_same_bytes(local, thing):
    for one in (local, thing):
        one.boot()
    expected = drive(local, 300, random.Random(1))
    assert drive(thing, 300, random.Random(1)) == expected
    assert any(stepped.frames for stepped in expected)
    assert thing.journal() == local.journal()
    assert thing.flash == local.flash
    assert thing.line("status") == local.line("status")


def test_a_restart_keeps_what_is_durable(local, thing):
    for one in (local, thing):
        one.boot()
        drive(one, 50, random.Random(2))
        one.kill()
        assert not one.alive
        one.boot()
    assert thing.boots == 2
    assert drive(thing, 50, random.Random(3)) == drive(local, 50, random.Random(3))
    assert thing.journal() == local.journal()


def test_a_power_cut_in_the_store_ends_the_turn_alike(local, thing):
    for one in (local, thing):
        one.boot()
        one.cut_after(3, 0.4)
    chances = random.Random(4), random.Random(4)
    assert drive(thing, 200, chances[0]) == drive(local, 200, chances[1])
    assert not thing.alive
    assert thing.journal() == local.journal()
    for one in (local, thing):
        one.boot()
        assert one.alive
    assert thing.journal() == local.journal()


def test_on_littlefs_the_process_dies_with_the_power_and_comes_back(tmp_path):
    image = tmp_path / "flash.bin"
    with MicroPythonThing(PRODUCT, keys(), SEED, flash=image) as thing:
        thing.boot()
        drive(thing, 20, random.Random(5))
        kept = thing.journal()
        thing.cut_after(1)
        stepped = drive(thing, 2000, random.Random(6), start=20)[-1]
        assert stepped.due is None
        assert not thing.alive
        assert thing.journal().startswith(kept)
        thing.boot()
        assert thing.alive
        assert drive(thing, 5, random.Random(7))[-1].due is not None


def test_a_failure_of_the_firmware_is_heard_of():
    with pytest.raises(FirmwareError, match="Error"):
        MicroPythonThing(b"", keys()._replace(thing=None), SEED).boot()
