"""The store on Linux: what a failed or interrupted write leaves behind."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("portable")))

from hal import HalError
from hal.linux.store import open_store
from hal.store import QUARANTINE, FileStore
from sim.world.memory import MemoryStore

contract = importlib.import_module("port_contract_board")


def test_every_store_here_keeps_the_contract(tmp_path):
    contract.check_store(lambda: open_store(str(tmp_path / "synced")))
    contract.check_store(lambda: FileStore(str(tmp_path / "plain")))


def test_rot_in_a_named_file_is_found_whatever_byte_it_is_in(tmp_path):
    contract.check_rot(open_store(str(tmp_path)))


def test_the_store_of_the_simulator_keeps_the_contract():
    memory = MemoryStore()

    def reopen():
        memory.appends = memory.replaces = memory.bytes_written = 0
        return memory

    contract.check_store(reopen)


def journal(store):
    return b"".join(store.blocks())


def test_a_journal_grows_and_is_replaced_from_its_own_blocks(tmp_path):
    store = open_store(str(tmp_path / "a" / "b"))
    store.append(b"one")
    store.append(b"two" * 500)
    assert journal(store) == b"one" + b"two" * 500
    store.replace(block[:3] for block in store.blocks())
    assert journal(FileStore(store.directory))[:3] == b"one"
    assert (store.appends, store.replaces) == (2, 1)
    assert store.bytes_written == 3 + 1500 + len(journal(store))


def test_files_and_folder_are_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    store = open_store(str(tmp_path))
    store.append(b"x")
    assert len(synced) == 2, "a journal that is new needs its folder synced as well"
    store.append(b"x")
    assert len(synced) == 3
    store.save("name", b"value")
    assert len(synced) == 5


def test_a_leftover_of_an_interrupted_replacement_is_ignored_and_removed(tmp_path):
    store = open_store(str(tmp_path))
    store.append(b"old")
    (tmp_path / "journal.new").write_bytes(b"half")
    store = open_store(str(tmp_path))
    assert journal(store) == b"old"
    assert os.listdir(tmp_path) == ["journal"]


def test_a_replacement_whose_source_fails_leaves_the_old(tmp_path):
    store = open_store(str(tmp_path))
    store.append(b"old")

    def pieces():
        yield b"new"
        raise HalError("io")

    with pytest.raises(HalError):
        store.replace(pieces())
    assert os.listdir(tmp_path) == ["journal"], "what was begun does not take room until a restart"
    assert journal(open_store(str(tmp_path))) == b"old"


def test_a_failed_append_is_undone(tmp_path):
    # A limit on the file's size makes the kernel write half of the record and then refuse.
    script = (
        "import resource, signal, sys\n"
        "from hal.linux.store import open_store\n"
        "from hal import HalError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "store = open_store(sys.argv[1])\n"
        "store.append(b'o' * 900)\n"
        "try:\n"
        "    store.append(b'n' * 200)\n"
        "except HalError as error:\n"
        "    print(error.kind)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "full\n"
    assert journal(open_store(str(tmp_path))) == b"o" * 900


def test_quarantine_is_bounded(tmp_path):
    store = open_store(str(tmp_path))
    for _ in range(10):
        store.quarantine(b"rot" * 500)
    assert len(store.load("quarantine")) == QUARANTINE
    assert store.load("missing") is None


def test_what_is_to_be_erased_goes_when_the_store_is_opened_next(tmp_path):
    store = open_store(str(tmp_path))
    store.append(b"history")
    for name in ("product", "board", "identity", "pin"):
        store.save(name, b"old")
    store.erase()
    assert store.load("identity"), "until then all is there"
    store = open_store(str(tmp_path))
    assert list(store.blocks()) == []
    assert [store.load(name) for name in ("product", "identity", "pin")] == [b"old", None, None]
    store.save("identity", b"new")
    assert open_store(str(tmp_path)).load("identity") == b"new", "it goes once"
