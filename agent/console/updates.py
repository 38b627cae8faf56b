"""The console's words about updates: what runs, what is under way, the owner's yes or not now."""

from agent.console.grammar import CommandError, Pairs, verb
from agent.service import updates


def show(agent, words, at):
    room = _room(agent)
    record, terms = room.port.record, room.terms
    stage = room.stage()
    return Pairs([
        ("runs", record.get("number", 0)),  # 0: what came over the cable
        ("slot", record.get("run") or None),
        ("stage", updates.STAGES[stage] or None),
        ("release", record.get("new")),
        ("version", terms and terms[updates.VERSION]),
        ("percent", terms and 100 * room.done // max(1, terms[updates.BYTES])),
        ("starts_left", record.get("left")),
        ("held", bool(record.get("held"))),
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
                                                 updates.STAGES[room.stage()]))
    room.ask("the owner")
    return "the desk is asked"


def accept(agent, words, at):
    _room(agent).accept()
    return "what the maker signed may come"


def hold(agent, words, at):
    _room(agent).hold()
    return "nothing is fetched and nothing put in force until `update accept`"


def command(agent, words, at):
    return verb("update", {"check": check, "accept": accept, "hold": hold}, show, agent, words, at)


def _room(agent):
    room = agent.updater() if hasattr(agent, "updater") else None
    if room is None:
        raise CommandError("this thing takes no updates as it is")
    return room
