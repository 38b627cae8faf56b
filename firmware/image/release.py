"""A maker's releases: what `steward build` made, listed, signed, and handed to a desk.

The maker's key signs what things run, as the owner's signs what they buy: made once, encrypted, and
trusted by a thing since it was set up (`provision maker KEY`). A release is an image's folder
with a signed manifest beside its files; agent/wire/wire.cddl has its form.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

from agent.wire import cbor, cose
from firmware.image.flash import described
from firmware.mandate.install import Link, ask_desk
from firmware.mandate.owner import Owner, OwnerError, opened

MANIFEST = "release.cose"
# The part of an image that chooses the slot stays as it was flashed.
NEVER = ("steward_boot.mpy",)
NUMBER, PRODUCT, VERSION, BOARD, RUNTIME, BYTES, FILES, LIST, LIST_BYTES, MENDS = range(1, 11)
TEXT_CHARACTERS = 40
MENDS_CHARACTERS = 200  # agent/limits.py


class Maker(Owner):
    """A maker's folder: the key, and the last release of each product and board."""

    private, public, kept = "maker.pem", "maker.pub", "releases"
    made_by = "steward update init"


def files(image: Path) -> dict[str, bytes]:
    """The files of an image that an update brings, by path. OwnerError when one is empty."""
    folder = image / "files" / "lib"
    paths = [path for path in folder.rglob("*") if path.suffix in (".mpy", ".py")]
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}
    for name in NEVER:
        found.pop(name, None)
    empty = [path for path, data in found.items() if not data]
    if empty or not found:
        raise OwnerError(f"{folder}: {' '.join(empty) or 'no file'} is there: build it anew")
    return found


def listed(found: dict[str, bytes]) -> bytes:
    """The list of files that the manifest vouches for."""
    rows = [f"{len(data)} {hashlib.sha256(data).hexdigest()} {path}\n"
            for path, data in sorted(found.items())]  # fmt: skip
    return "".join(rows).encode()


def sign(
    maker: Maker, image: Path, number: int | None, version: str | None, mends: str | None = None
) -> dict[int, Any]:
    """Sign an image's release with an unlocked key, one above the last unless a number is given;
    returns its terms. Raises OwnerError, FlashError where there is no image."""
    facts = described(image)
    product, built = facts["release"]
    about = f"{product} {facts['board']}"
    last = maker.last(about)
    known = last[NUMBER] if last else 0
    if number is not None and number <= known:
        raise OwnerError(f"number {number} is not above {known}, the last one signed for {about}")
    found = files(image)
    rows = listed(found)
    terms = {
        0: "release",
        NUMBER: number or known + 1,
        PRODUCT: product,
        VERSION: version or f"{built} {facts['build']}",
        BOARD: facts["board"],
        RUNTIME: facts["runtime"],
        BYTES: sum(map(len, found.values())),
        FILES: len(found),
        LIST: hashlib.sha256(rows).digest(),
        LIST_BYTES: len(rows),
    }
    if mends:
        terms[MENDS] = mends
    rooms = ((PRODUCT, TEXT_CHARACTERS), (VERSION, TEXT_CHARACTERS), (BOARD, TEXT_CHARACTERS),
             (MENDS, MENDS_CHARACTERS))  # fmt: skip
    for key, room in rooms:
        if len(terms.get(key, "")) > room:
            raise OwnerError(f"{terms[key]!r} has more than {room} characters")
    document = maker.sign(terms)
    assert opened(document, maker.public_key) == terms
    maker.keep(about, document)
    (image / MANIFEST).write_bytes(document)
    return terms


def number(image: Path) -> int | None:
    """Of the release that an image is; None for one that was not signed as it lies there."""
    try:
        document = (image / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    try:
        terms: Any = cbor.decode(cose.sign1_peek(document)[1])
        signed, found = terms[LIST], terms[NUMBER]
    except (cose.CoseError, cbor.CborError, TypeError, KeyError) as error:
        raise OwnerError(f"{image / MANIFEST} is no release: {error}") from error
    rows = listed(files(image))
    return found if signed == hashlib.sha256(rows).digest() else None


def publish(link: Link, image: Path, percent: int, things: list[str] | None) -> Any:
    """Hand a signed image to a desk; returns what the desk says of it. InstallError."""
    manifest = image / MANIFEST
    if not manifest.exists():
        raise OwnerError(f"{manifest} does not exist: `steward update sign` makes it")
    carried = {path: base64.b64encode(data).decode() for path, data in files(image).items()}
    body = {"document": manifest.read_bytes().hex(), "files": carried, "percent": percent}
    return ask_desk(link, "/releases", body | ({"things": things} if things else {}))
