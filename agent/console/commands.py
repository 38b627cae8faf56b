"""The words of the console by their rooms, of which a line loads those that it speaks of.

A room has a table of words: `function(agent, words, at) -> answer`, and what `help` says.
"""

from agent.console import grammar
from agent.console.grammar import Rows, later


def obey(agent, line, at, remote=False):
    """Yield the answers to a line, and None where one is worked on; remote: the desk says it."""
    lent = None if remote else getattr(agent, "ports", None)

    def find(words):
        word = words[0]
        if lent and word in lent.words:
            return lent.words[word]
        for room_of, anybodys, owners in _rooms(agent):
            if word in anybodys.split() or (not remote and word in owners.split()):
                return (remote and _coarser(agent, words)) or room_of()[word]
        return None

    return grammar.obey(agent, line, at, find, lent and lent.refuses)


def _coarser(agent, words):
    from agent.console import remote

    return remote.instead(agent, words)


def _rooms(agent):
    return ROOMS + OF_TRADE if agent.trade else ROOMS


def _help(agent, words, at):
    rows = []
    for room_of, _, _ in _rooms(agent):
        table = room_of()
        rows += [[word, table[word][1]] for word in table]
    lent = getattr(agent, "ports", None)
    rows += [[word, lent.words[word][1]] for word in lent.words] if lent else []
    return Rows(("command", "does"), sorted(rows))


COMMANDS = {
    "help": (_help, "what can be said here; any command takes --json, several are joined by ;"),
    "selftest": (later("selftest", "selftest", False),
                 "examine sensors, flash, keys, record and the way to the desk"),
}


def words_of(name):
    """Return what loads a room, a file beside this one, and gives its {word: (function, help)}."""
    return lambda: __import__("agent.console." + name, None, None, ("COMMANDS",)).COMMANDS


# Where a word is, so that only its room is loaded: what gives the room's {word: (function, help)};
# words that anybody may say; words for whoever stands before the thing, as the desk must not say
# them for the owner.
ROOMS = (
    (lambda: COMMANDS, " ".join(COMMANDS), ""),
    (words_of("general"),
     "status channels read findings cases outbox messages notices privacy time log why", ""),
    (words_of("onsite"), "crash link",
     "assist provision config pin update wifi restart reboot reset"),
)
OF_TRADE = (
    (words_of("stock"), "consumables needs usage", "refill believe"),
    (words_of("money"), "orders deny disputes experience", "approve cancel received test-order"),
    (words_of("mandate"), "mandate pause", "resume"),
    (words_of("ledger"), "ledger", ""),
)
