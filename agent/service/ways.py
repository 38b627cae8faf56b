"""Another way to the desk: its broker moves, or what proves broker or thing ends, long before a
product does.

Kept in the store beside the way that is known, which stays as it is, and tried at once
(firmware/ways.py). It is the desk's own word, for whoever holds the thing's root key is the desk;
what makes a broker one is only that it can prove the name by the authority given here. The thing's
own certificate is over the key that it made itself, so that none travels. What one message has no
room for comes in several, which wait in the store for each other.
"""

from agent.wire import cbor
from agent.wire import messages as wire

HOST_CHARACTERS = 100
PARTS = 4  # 3.6 KB: two certificates over RSA keys of 4,096 bits
# What stands before the two numbers of a key on P-256, as TLS reads it (RFC 5208, RFC 5915).
BEFORE_PRIVATE = (b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08"
                  b"\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20")
BEFORE_PUBLIC = b"\xa1\x44\x03\x42\x00\x04"


def take(agent, body, at):
    """Take a part of a config message; after the last one its way is tried, and replies say what
    becomes of it. Raises MessageError, and then nothing is tried.
    """
    request, part = wire.natural(body, 1), wire.natural(body, 2, PARTS - 1)
    parts, piece = wire.natural(body, 3, PARTS), wire.octets(body, 4)
    store = agent.journal.port
    known = store.load("link")
    link = known and cbor.decode(known)
    if not link:
        agent.outbox.answer(wire.REPLY, {1: request, 2: "this thing works alone"}, at)
        return
    told = link.pop("told", {})
    if told.get("id") != request:
        told = {"id": request}
    told[part] = piece
    if len(told) <= parts:
        _keep(store, dict(link, told=told))
        return
    way = read(agent.identity, b"".join([told.get(place, b"") for place in range(parts)]))
    said = "is known already"
    if not _same(link, way):
        if not _same(link.get("next"), way):
            _keep(store, dict(link, next=dict(way, id=request)))
        agent.effects.append(("turn",))
        said = "is tried now"
    tell(agent, request, way, said, at)


def tell(agent, request, way, said, at):
    """Tell the desk what became of a way that it gave."""
    text = "way %s:%d: %s" % (way["host"], way["port"], said)
    agent.outbox.answer(wire.REPLY, {1: request, 2: text}, at)


def read(identity, data):
    """Return the way that a way-document says, as it is kept. Raises MessageError."""
    document = cbor.decode(data)
    if not isinstance(document, dict):
        raise wire.MessageError("a way is a map")
    way = {"host": wire.text(document, 1, HOST_CHARACTERS),
           "port": wire.natural(document, 2, 65535), "ca": wire.octets(document, 3)}
    if 4 in document:
        certificate, public = wire.octets(document, 4), identity.public_key
        if public not in certificate:
            raise wire.MessageError("key 4 is a certificate over another key")
        key = BEFORE_PRIVATE + identity.private_key + BEFORE_PUBLIC + public
        way["client"] = [certificate, key]
    return way


def _keep(store, link):
    store.save("link", cbor.encode(link))


def _same(one, other):
    return one is not None and [one.get(key) for key in other] == list(other.values())
