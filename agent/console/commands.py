"""The words of the console by their rooms, of which a line loads those that it speaks of.

A room has a table of its words, COMMANDS: `function(agent, words, at) -> answer`, or the name of a
file beside this one that has it under that word; and what `help` says.
"""

from agent.console import grammar
from agent.console.grammar import Rows


def obey(agent, line, at, remote=False):
    """Yield the answers to a line, and None where one is worked on; remote: the desk says it."""
    lent = None if remote else getattr(agent, "ports", None)

    def find(words):
        word = words[0]
        if lent and word in lent.words:
            return lent.words[word]
        for room, anybodys, owners in _rooms(agent):
            if word in anybodys.split() or (not remote and word in owners.split()):
                return (remote and _coarser(agent, words)) or _table(room)[word]
        return None

    return grammar.obey(agent, line, at, find, lent and lent.refuses)


def _coarser(agent, words):
    from agent.console import remote

    return remote.instead(agent, words)


def _rooms(agent):
    return (ROOMS + (ONSITE if getattr(agent, "ports", None) else ())
            + (OF_TRADE if agent.trade else ()))


def _table(room):
    return grammar.load(room, "COMMANDS")


def _help(agent, words, at):
    lent = getattr(agent, "ports", None)
    rows = []
    for table in [_table(row[0]) for row in _rooms(agent)] + [lent.words if lent else {}]:
        rows += [[word, table[word][1]] for word in table]
    return Rows("command does", sorted(rows))


COMMANDS = {
    "help": (_help, "what can be said here; any command takes --json, several are joined by ;"),
    "selftest": ("selftest", "examine sensors, flash, keys, record and the way to the desk"),
}

# Where a word is, so that only its room is loaded, a file beside this one; words that anybody may
# say; words for whoever stands before the thing, as the desk must not say them for the owner.
ROOMS = (
    ("commands", "help selftest", ""),
    ("general",
     "status channels read findings cases outbox messages notices privacy time log why", "assist"),
)
# Where a main lends what is wanted for it.
ONSITE = (("onsite", "crash link", "provision config pin update wifi restart reboot reset"),)
OF_TRADE = (
    ("stock", "consumables needs usage", "refill believe"),
    ("money", "orders deny disputes experience", "approve cancel received test-order"),
    ("mandate", "mandate pause", "resume"),
    ("ledger", "ledger", ""),
)
