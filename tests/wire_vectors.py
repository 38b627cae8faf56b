"""Reads the public test vectors, which lie beside the checkout and not in it."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "vectors"


def load(name: str):
    """The parsed vectors of one file; skips the test, with the reason, where it is absent."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"public vectors are not here: {path}")
    return json.loads(path.read_text())


def wycheproof(name: str) -> list[tuple[dict, dict]]:
    """Every (group, test) of a Wycheproof file, none lost."""
    vectors = load(name)
    pairs = [(group, test) for group in vectors["testGroups"] for test in group["tests"]]
    assert len(pairs) == vectors["numberOfTests"]
    return pairs


def pack(*fields: bytes) -> bytes:
    """One case as `mpy_wire.py` reads it."""
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)
