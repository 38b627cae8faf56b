"""What every port's store, ticks, entropy and watchdog must do; port_contract.py is for buses."""


def journal(store):
    blocks = list(store.blocks())
    assert all(blocks)
    return b"".join(blocks)


def check_store(reopen):
    """`reopen()` opens the one store as after a restart; it begins empty."""
    store = reopen()
    assert journal(store) == b"" and store.load("name") is None
    store.append(b"one")
    store.append(bytearray(b"two" * 300))
    store.save("name", b"first")
    store.save("name", memoryview(b"second" * 200))
    store.save("other", b"\x00")
    store = reopen()
    assert journal(store) == b"one" + b"two" * 300
    assert store.load("name") == b"second" * 200 and store.load("other") == b"\x00"
    assert (store.appends, store.replaces, store.bytes_written) == (0, 0, 0)
    # A replacement may read the old journal while it is written.
    store.replace(block[1:] for block in store.blocks())
    store.append(b"!")
    store.quarantine(b"rot")
    kept = journal(store)
    assert kept.startswith(b"ne") and kept.endswith(b"two!") and 890 < len(kept) < 904
    assert store.appends == 1 and store.replaces >= 1 and store.bytes_written >= len(kept)
    assert journal(reopen()) == kept
    store.replace(())
    assert journal(store) == b"" == journal(reopen())
    store.append(b"anew")
    assert journal(reopen()) == b"anew"


def check_rot(store):
    """Of a FileStore: no byte of a named file can rot unnoticed, and what is kept twice lives."""
    content = bytes(range(40))
    for name in ("crash", "identity"):
        store.save(name, content)
        path = store.directory + "/" + name
        with open(path, "rb") as file:
            whole = file.read()
        for place in range(len(whole) + 1):
            rotten = bytearray(whole)
            if place < len(whole):
                rotten[place] ^= 0x10
            _put(path, rotten if place < len(whole) else whole[:-1])
            assert store.damaged() == [name]
            assert _loaded(store, name) == (content if name == "identity" else None)
        for other in (b"", bytes(8), bytes(len(whole)), b"\xff" * len(whole)):
            _put(path, other)
            assert store.damaged() == [name]
        sound = name == "identity"
        assert store.mend() == [(name, sound)] and store.damaged() == ([] if sound else [name])
        store.save(name, content)
    _put(path + ".last", b"rot")
    assert store.damaged() == ["identity.last"] and store.load("identity") == content
    assert store.mend() == [("identity.last", True)] and store.damaged() == []
    for place in (path, path + ".last"):
        _put(place, b"rot")
    assert _loaded(store, "identity") is None
    assert store.mend() == [("identity", False), ("identity.last", False)]


def _put(path, data):
    with open(path, "wb") as file:
        file.write(data)


def _loaded(store, name):
    try:
        return store.load(name)
    except OSError as error:
        assert error.kind == "crc" and name in str(error)
        return None


def check_ticks(ticks):
    """A ring of which half can be compared; sleeping moves along it."""
    began = ticks.ticks_ms()
    assert began >= 0
    for delta in (0, 1, 1000, 6 * 86_400_000, -1, -6 * 86_400_000):
        there = ticks.ticks_add(began, delta)
        assert ticks.ticks_diff(there, began) == delta and ticks.ticks_diff(began, there) == -delta
    ticks.sleep_ms(3)
    assert ticks.ticks_diff(ticks.ticks_ms(), began) >= 3


def check_entropy(entropy):
    assert entropy(0) == b""
    drawn = [entropy(32) for _ in range(4)]
    assert [len(one) for one in drawn] == [32] * 4 and len(set(map(bytes, drawn))) == 4


def check_watchdog(watchdog, fed):
    """`fed()` tells how often whoever watches has been told that all is well."""
    before = fed()
    watchdog.feed()
    assert fed() == before + 1
