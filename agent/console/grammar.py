"""The grammar of every console: `word word ... [--json]`, several commands joined by `;`.

A command answers with rows (a table: column names, then lists) or pairs (a record); the grammar
renders both for a person, aligned, or for a program, as one JSON value a command. What is wrong
with a line comes back as `error: ...`, names the word, and nothing has changed then.  A command
that takes long is a generator: it pauses at every yield, so that the thing can do its work.
"""

import json

from agent.wire.cbor import MessageError

_TOO_LONG = "there is no room in memory for the whole answer"


class CommandError(MessageError):
    """A line that cannot be obeyed; says which word, and what is possible instead."""


class Rows:
    """A table. columns: names, or a text of them; rows: lists of str, int, float, bool or None."""

    def __init__(self, columns, rows, nothing="none"):
        self.columns = columns.split() if isinstance(columns, str) else columns
        self.rows = rows
        self._nothing = nothing

    def text(self):
        if not self.rows:
            return self._nothing
        table = [list(self.columns)] + [[_word(cell) for cell in row] for row in self.rows]
        widths = [max([len(row[i]) for row in table]) for i in range(len(self.columns))]
        return _pieces([_line(row, widths) for row in table], "\n")

    def json(self):
        rows = [json.dumps(dict(zip(self.columns, row))) for row in self.rows]
        return ["["] + _pieces(rows, ", ") + ["]"]


class Pairs:
    """A record: [(name, value), ...]."""

    def __init__(self, pairs):
        self._pairs = pairs

    def text(self):
        width = max([len(name) for name, _ in self._pairs])
        return "\n".join([_line((name, _word(value)), (width, 0)) for name, value in self._pairs])

    def json(self):
        return json.dumps(dict(self._pairs))


def obey(agent, line, at, find, refuses=None):
    """Carry out one line; find(words): (function(agent, words, at), or its room, and help) or None.

    refuses(word, at): why a command may not be carried out now, or None.  Yields the answer of
    each command, a text or a list of its pieces, and None where one pauses.
    """
    for part in line.split(";"):
        yield (yield from _obey_one(agent, part.split(), at, find, refuses))


def _obey_one(agent, words, at, find, refuses):
    as_json = "--json" in words
    words = [word for word in words if word != "--json"]
    if not words:
        return ""
    try:
        command = find(words)
        if command is None:
            raise CommandError("%r is no command; help lists them" % words[0])
        reason = refuses and refuses(words[0], at)
        if reason:
            raise CommandError(reason)
        if words[1:] and not command[1].startswith(words[0] + " "):  # its help names what it takes
            raise CommandError("%r: %s takes no word" % (words[1], words[0]))
        act = command[0]
        if isinstance(act, str):
            act = load(act, words[0])
        answer = act(agent, words[1:], at)
        if hasattr(answer, "send"):
            answer = yield from answer
    except MessageError as error:
        return json.dumps({"error": str(error)}) if as_json else "error: %s" % error
    try:
        return _rendered(answer, as_json)
    except MemoryError:  # a long table on a small heap; what was asked has been done
        return '{"error": "%s"}' % _TOO_LONG if as_json else "error: " + _TOO_LONG


def _rendered(answer, as_json):
    if isinstance(answer, str):
        return json.dumps({"said": answer}) if as_json else answer
    return answer.json() if as_json else answer.text()


def _pieces(rows, between):
    """Return rows as pieces of a text: a small heap has room for them where one has none."""
    return [row + between for row in rows[:-1]] + rows[-1:]


def load(room, name):
    """Return what a room of the console, a file beside this one, has under a name."""
    return getattr(__import__("agent.console." + room, None, None, (name,)), name)


def one(words, what):
    """Return the only word, or raise CommandError that says what it should be."""
    if len(words) != 1:
        raise CommandError("one word is needed: %s" % what)
    return words[0]


def consumable(agent, words):
    """Return the place on the shelf of the consumable that is the only word."""
    place = agent.trade.shelf.index(one(words, "a consumable"))
    if place is None:
        raise CommandError("%r is no consumable" % words[0])
    return place


def natural(word):
    """Return what a word of digits says, -1 for any other and for what no count here reaches."""
    try:
        return int(word) if word.isdigit() and len(word) < 10 else -1
    except ValueError:  # to CPython a raised 2 is a digit, too
        return -1


def verb(word, verbs, usual, agent, words, at):
    """Carry out the command whose first word is in verbs; without one, `usual`."""
    if not words:
        return usual(agent, words, at)
    if words[0] not in verbs:
        raise CommandError("%s %r is not one of: %s" % (word, words[0], ", ".join(sorted(verbs))))
    return verbs[words[0]](agent, words[1:], at)


def _word(cell):
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "%g" % cell if isinstance(cell, float) else str(cell)


def _line(cells, widths):
    padded = [cell + " " * (width - len(cell)) for cell, width in zip(cells, widths)]
    return "  ".join(padded).rstrip()
