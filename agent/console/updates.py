"""The console's words about updates: what runs, what is under way, the owner's yes or not now."""

from agent.console.grammar import CommandError, Pairs, verb
from agent.service import updates

_WHO = "the owner"
_STAGES = (None, "offered", "fetching", "staged", "trying")


def show(agent, words, at):
    room = _room(agent)
    record, terms = room.port.record, room.terms
    return Pairs([
        ("runs", record.get("number", 0)),  # 0: what came over the cable
        ("slot", record.get("run") or None),
        ("stage", _STAGES[room.stage()]),
        ("release", record.get("new")),
        ("version", terms and terms[updates.VERSION]),
        ("mends", terms and terms.get(updates.MENDS)),
        ("percent", terms and 100 * room.done // max(1, terms[updates.BYTES])),
        ("starts_left", record.get("left")),
        ("held", bool(record.get("held"))),
        ("battery_low", room.low or None),
        ("asks_first", room.port.asks),
        ("given_up", record.get("bad")),
        ("maker", room.port.maker is not None),
    ])


def check(agent, words, at):
    room = _room(agent)
    if room.port.maker is None:
        raise CommandError("no maker is trusted: provision maker KEY")
    if room.stage():
        raise CommandError("release %d is %s" % (room.port.record["new"],
                                                 _STAGES[room.stage()]))
    room.ask(_WHO)
    return "the desk is asked"


def accept(agent, words, at):
    """The owner's yes; also to what was held, or tried and left again."""
    room = _room(agent)
    room.port.save(held=None, bad=None)
    if room.stage() == updates.OFFERED:
        room.port.save(stage=updates.FETCHING)
    else:
        room.ask(_WHO)
    return "what the maker signed may come"


def hold(agent, words, at):
    _room(agent).port.save(held=True)
    return "nothing is fetched and nothing put in force until `update accept`"


def update(agent, words, at):
    return verb("update", {"check": check, "accept": accept, "hold": hold}, show, agent, words, at)


def _room(agent):
    room = agent.updater() if hasattr(agent, "updater") else None
    if room is None:
        raise CommandError("this thing takes no updates as it is")
    return room
