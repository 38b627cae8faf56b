"""The console's words about the record of money and decisions, which is read again in slices."""

from agent.console.grammar import CommandError, Rows, natural, one
from agent.money import ledger as books
from agent.money import orders as ordering
from agent.wire import cbor

# Characters of one answer of `ledger export`, which an auditor asks for piece by piece.
_EXPORT_CHARACTERS = 800


def ledger(agent, words, at):
    if not words:
        rows = yield from collected(agent, _line)
        return Rows("entry age_s kind content", rows)
    if words[0] == "export":
        start = natural(one(words[1:] or ["0"], "the number of an entry"))
        if start >= 0:
            return (yield from _export(agent, start))
    if words != ["verify"]:
        raise CommandError("%r is not `verify` or `export [FROM]`" % " ".join(words))
    book = yield from verified(agent)
    if book.fault:
        raise CommandError(book.fault)
    return "%d entries verified" % book.verified


def _export(agent, number):
    """Return lines `number entry link` in hex from an entry on, for an auditor to check."""
    def begin():
        lines, room = [], _EXPORT_CHARACTERS

        def take(record):
            nonlocal room
            at = record[1] if record[0] == books.CHECKPOINT else cbor.decode(record[1])[0]
            if at < number:
                return
            entry = "" if record[0] == books.CHECKPOINT else ordering.hex_of(record[1])
            line = "%d %s %s" % (at, entry or "checkpoint", ordering.hex_of(record[2]))
            room -= len(line)
            if not lines or room >= 0:
                lines.append(line)

        return lines, take

    return "\n".join((yield from _reread(agent, begin))) or "none"


def verified(agent):
    """Read the ledger again, which verifies it, in slices; returns it."""
    def begin():
        book = books.Ledger(None)
        return book, book.apply

    return (yield from _reread(agent, begin))


def collected(agent, rows_of):
    """Return what rows_of(entry) -> list makes of every entry that is kept, in slices."""
    def begin():
        rows = []

        def take(record):
            if record[0] == books.ENTRY:
                rows.extend(rows_of(cbor.decode(record[1])))

        return rows, take

    return (yield from _reread(agent, begin))


def _reread(agent, begin):
    """Have take(record) see the ledger, where begin() -> (found, take), and return found.

    In slices; it begins anew when the journal changed meanwhile, and the last time in one go.
    """
    journal = agent.journal
    port = journal.port
    for pauses in (True, True, False):
        (found, take), before = begin(), (port.appends, port.replaces)
        for transaction in journal.transactions():
            if pauses:  # a long one is read in one slice and taken in another
                yield
                if before != (port.appends, port.replaces):
                    break
            for record in books.entries((transaction,)):
                take(record)
        else:
            break
    return found


def _line(row):
    return [[row[0], row[1], books.KINDS[row[2]], " ".join([text_of(field) for field in row[3:]])]]


def text_of(field):
    """Return a field of an entry as a word."""
    if isinstance(field, bytes):
        return ordering.hex_of(field[:4])
    if isinstance(field, list):
        return "[" + " ".join([text_of(item) for item in field]) + "]"
    return str(field)


COMMANDS = {
    "ledger": (ledger, "ledger [verify | export [FROM]]: the record of money and decisions"),
}
