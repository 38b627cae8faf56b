"""Settings on the thing's own console: a draft, looked over, then applied all at once.

What was in force before is kept, and a draft that changes nothing touches nothing. Values that
are secrets are taken and never shown.
"""

import binascii

from agent.console.grammar import CommandError, Pairs, Rows, one, verb
from agent.wire import cbor

# Most characters, least, whether it is a secret, what it is, and what it may be if not anything.
DESK_READS = "desk.readings"
SETTINGS = {
    "wifi.name": (32, 1, False, "the network to join"),
    "wifi.password": (63, 8, True, "its password"),
    "update.mode": (4, 3, False, "auto, or ask: nothing is fetched before `update accept`",
                    "auto", "ask"),
    "remedies.mode": (4, 3, False, "auto, or ask: for service, with no output switched before",
                      "auto", "ask"),
    DESK_READS: (3, 2, False, "yes, or no: may the desk read values, where no mandate says",
                 "yes", "no"),
    "time.server": (64, 1, False, "where the time is asked for before the first connection"),
}


def config(agent, words, at):
    return verb("config", CONFIG_WORDS, get, agent, words, at)


def get(agent, words, at):
    names = [_setting(one(words, "a setting's name"))] if words else sorted(SETTINGS)
    held = settings(agent.ports.store)
    return Rows("setting value is",
                [[name, _shown(name, held), SETTINGS[name][3]] for name in names])


def set_one(agent, words, at):
    """Into the draft; values with odd blanks, or a semicolon, as hex:..."""
    if len(words) < 2:
        raise CommandError("config set NAME VALUE")
    name = _setting(words[0])
    value = " ".join(words[1:])
    if value.startswith("hex:"):
        try:
            value = binascii.unhexlify(value[4:]).decode()
        except ValueError:
            raise CommandError("%s: not hexadecimal of a text" % name)
    most, least = SETTINGS[name][:2]
    if not least <= len(value.encode()) <= most:
        raise CommandError("%s: %d to %d characters" % (name, least, most))
    words = SETTINGS[name][4:]
    if words and value not in words:
        raise CommandError("%s: %s, not %r" % (name, " or ".join(words), value))
    _draft(agent)[name] = value
    return "%s will be %s" % (name, _shown(name, agent.ports.draft))


def diff(agent, words, at):
    now, then = settings(agent.ports.store), _draft(agent)
    return Rows("setting now then", [
        [name, _shown(name, now), _changed(name, now, then)]
        for name in sorted(SETTINGS) if now.get(name) != then.get(name)], "nothing would change")


def apply(agent, words, at):
    """All of the draft or nothing; what was in force before is kept for `config undo`."""
    store = agent.ports.store
    now, then = settings(store), _draft(agent)
    if now != then:  # a flash that is full leaves the draft
        store.save("config.last", cbor.encode(now))
        store.save("config", cbor.encode(then))
    agent.ports.draft = None
    if now == then:
        return "nothing to change"
    return "applied; it holds from the next restart"


def reset(agent, words, at):
    if words:
        _draft(agent).pop(_setting(one(words, "a setting's name")), None)
    else:
        agent.ports.draft = {}
    return "in the draft; `config apply` makes it so"


def undo(agent, words, at):
    agent.ports.draft = settings(agent.ports.store, "config.last")
    return apply(agent, words, at)


def wifi(agent, words, at):
    """wifi [NAME [PASSWORD]]: how the network is, or another one, in place of the whole draft."""
    if not words:
        return Pairs(agent.ports.facts() or [("network", None)])
    agent.ports.draft = None
    try:
        set_one(agent, ["wifi.name", words[0]], at)
        agent.ports.draft.pop("wifi.password", None)
        if words[1:]:
            set_one(agent, ["wifi.password"] + words[1:], at)
    except CommandError:
        agent.ports.draft = None
        raise
    return apply(agent, words, at)


CONFIG_WORDS = {"get": get, "set": set_one, "diff": diff, "apply": apply, "reset": reset,
                "undo": undo}


def settings(store, name="config"):
    """The settings in force, or those before them; a damaged file counts as none."""
    try:
        data = store.load(name)
        found = cbor.decode(data) if data else {}
    except (cbor.CborError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _draft(agent):
    if agent.ports.draft is None:
        agent.ports.draft = settings(agent.ports.store)
    return agent.ports.draft


def _setting(name):
    if name not in SETTINGS:
        raise CommandError("%r is no setting; there are %s" % (name, ", ".join(sorted(SETTINGS))))
    return name


def _shown(name, held):
    return "(kept secret)" if name in held and SETTINGS[name][2] else held.get(name)


def _changed(name, now, then):
    other = name in now and name in then and SETTINGS[name][2]
    return "(another)" if other else _shown(name, then)
