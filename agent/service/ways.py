"""Another way to the desk: its broker moves, or its authority ends, long before a product does.

Kept in the store beside the way that is known, whose address and authority stay, and tried at
once (firmware/ways.py). It is the desk's own word, for whoever holds the thing's root key is the
desk; what makes a broker one is only that it can prove the name by the authority given here.
"""

from agent.wire import cbor
from agent.wire import messages as wire

HOST_CHARACTERS = 100


def take(agent, body, at):
    """Keep the way of a config message and have it tried; replies say what becomes of it.

    Raises MessageError and changes nothing.
    """
    request = wire.natural(body, 1)
    way = {"host": wire.text(body, 2, HOST_CHARACTERS), "port": wire.natural(body, 3, 65535),
           "ca": wire.octets(body, 4)}
    store = agent.journal.port
    known = store.load("link")
    link = known and cbor.decode(known)
    said = "is known already"
    if not link:
        said = "this thing works alone"
    elif not _same(link, way):
        if not _same(link.get("next"), way):
            link["next"] = dict(way, id=request)
            store.save("link", cbor.encode(link))
        agent.effects.append(("turn",))
        said = "is tried now"
    tell(agent, request, way, said, at)


def tell(agent, request, way, said, at):
    """Tell the desk what became of a way that it gave."""
    text = "way %s:%d: %s" % (way["host"], way["port"], said)
    agent.outbox.answer(wire.REPLY, {1: request, 2: text}, at)


def _same(one, other):
    return one is not None and [one[key] for key in other] == [other[key] for key in other]
