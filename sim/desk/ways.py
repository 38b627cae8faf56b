"""Where things find the desk, and by what they prove themselves there: told before a broker moves,
the authority behind it ends, or a thing's own certificate does.

A thing keeps the way that it knows beside the new one, and lets go of neither (firmware/ways.py).
Each is told by a `Command`, whose reply is what became of it: tried, kept, or no desk there.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Select, func, select

from sim.desk import codec, messages, notices
from sim.desk.models import Command, Thing
from sim.desk.work import Refused, Work

WORD = "way "
EXPIRES_S = 400 * 86_400  # a thing may lie in a store for a year before it hears of it
PIECE_BYTES = 900  # of a payload of 1 KiB, and its envelope and the words beside it are under 80
PIECES = 4  # agent/service/ways.py


def authority(certificate: str) -> bytes:
    """The DER of an authority's certificate in PEM. Raises ValueError for one of no use."""
    found = _opened(certificate, "the authority")
    try:
        signs = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        signs = False
    if not signs:
        raise ValueError(f"{found.subject.rfc4514_string()} is no authority")
    return found.public_bytes(Encoding.DER)


def _opened(certificate: str, what: str) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ValueError(f"{what} is no certificate in PEM") from error
    if found.not_valid_after_utc <= datetime.datetime.now(datetime.UTC):
        raise ValueError(f"{found.subject.rfc4514_string()} ended {found.not_valid_after_utc:%F}")
    return found


def tell(
    work: Work, things: list[str], product: str | None, host: str, port: int, der: bytes,
    client: str | None = None,
) -> list[int]:  # fmt: skip
    """Tell things of a way; returns the commands' ids. `client`: the certificate, in PEM, of the
    one thing that is meant. Raises Refused."""
    found = things or product
    meant = notices.meant(work, things, product) if found else work.session.scalars(select(Thing))
    way, line = {1: host, 2: port, 3: der}, f"{WORD}{host}:{port}"
    if client:
        if len(things) != 1:
            raise Refused("a client's certificate is for one thing: say which")
        meant = list(meant)
        certificate = _certificate(client, meant[0])
        way[4] = certificate.public_bytes(Encoding.DER)
        line += f" certified until {certificate.not_valid_after_utc:%F}"
    document = codec.encode(way)
    room = PIECES * PIECE_BYTES
    if len(document) > room:
        raise Refused(f"host and certificates take {len(document)} bytes of {room}")
    return [_to(work, thing, line, document) for thing in meant]


def _certificate(pem: str, thing: Thing) -> x509.Certificate:
    """The certificate of a thing. Raises Refused unless it is over the key that the thing has."""
    try:
        found = _opened(pem, "the client's")
        if found.public_key() != codec.public_key(thing.public_key):
            raise ValueError(f"the client's certificate is over another key than {thing.id} has")
    except ValueError as error:
        raise Refused(str(error)) from error
    return found


def latest() -> Select[Command]:
    """What every thing was told last."""
    told = select(func.max(Command.id)).where(Command.line.startswith(WORD))
    return select(Command).where(Command.id.in_(told.group_by(Command.thing_id)))


def _to(work: Work, thing: Thing, line: str, document: bytes) -> int:
    command = Command(thing_id=thing.id, line=line, sent_at=work.now)
    work.session.add(command)
    work.session.flush()
    expires = work.now + EXPIRES_S
    pieces = [document[at : at + PIECE_BYTES] for at in range(0, len(document), PIECE_BYTES)]
    for part, piece in enumerate(pieces):
        words = {"part": part, "parts": len(pieces), "piece": piece}
        work.queue(thing.id, messages.CONFIG, expires=expires, request=command.id, **words)
    return command.id
