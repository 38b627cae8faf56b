"""Where things find the desk: told before its broker moves, or the authority behind it ends.

A thing keeps the way that it knows beside the new one, and lets go of neither (firmware/ways.py).
Each is told by a `Command`, whose reply is what became of it: tried, kept, or no desk there.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Select, func, select

from sim.desk import codec, messages, notices
from sim.desk.forms import BODY_BYTES
from sim.desk.models import Command, Thing
from sim.desk.work import Refused, Work

WORD = "way "
EXPIRES_S = 400 * 86_400  # a thing may lie in a store for a year before it hears of it
ENVELOPE_BYTES = 40  # of a payload, around the body


def authority(certificate: str) -> bytes:
    """The DER of an authority's certificate in PEM. Raises ValueError for one of no use."""
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ValueError("the authority is no certificate in PEM") from error
    try:
        signs = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        signs = False
    if not signs:
        raise ValueError(f"{found.subject.rfc4514_string()} is no authority")
    if found.not_valid_after_utc <= datetime.datetime.now(datetime.UTC):
        raise ValueError(f"{found.subject.rfc4514_string()} ended {found.not_valid_after_utc:%F}")
    return found.public_bytes(Encoding.DER)


def tell(
    work: Work, things: list[str], product: str | None, host: str, port: int, der: bytes
) -> list[int]:
    """Tell things of a way; returns the commands' ids. Raises Refused."""
    words = {"host": host, "port": port, "authority": der}
    size = len(codec.encode(messages.write(messages.DOWN[messages.CONFIG], request=1, **words)))
    room = BODY_BYTES - ENVELOPE_BYTES
    if size > room:
        raise Refused(f"host and certificate take {size} bytes, and a message has room for {room}")
    found = things or product
    meant = notices.meant(work, things, product) if found else work.session.scalars(select(Thing))
    return [_to(work, thing, words) for thing in meant]


def latest() -> Select[Command]:
    """What every thing was told last."""
    told = select(func.max(Command.id)).where(Command.line.startswith(WORD))
    return select(Command).where(Command.id.in_(told.group_by(Command.thing_id)))


def _to(work: Work, thing: Thing, words: dict) -> int:
    line = f"{WORD}{words['host']}:{words['port']}"
    command = Command(thing_id=thing.id, line=line, sent_at=work.now)
    work.session.add(command)
    work.session.flush()
    expires = work.now + EXPIRES_S
    work.queue(thing.id, messages.CONFIG, expires=expires, request=command.id, **words)
    return command.id
