"""The thing examines itself: its sensors, its flash, its keys, its record, and its way out.

`failed` is for what a person has to mend, `missing` for what setting up has not given it yet or
what has not happened yet. It takes a small chip seconds, for it signs and verifies, but in slices.
"""

from agent.console.grammar import Rows
from agent.sense.channels import MISSING, QUALITIES

WORDS = b"selftest"


def selftest(agent, words, at):
    ports = getattr(agent, "ports", None)
    rows = _sensors(agent, ports and ports.sensors)
    if ports:
        wrong = _flash(ports.store)
        rows.append(_row("flash", not wrong, "failed", wrong))
    identity, rotten = agent.identity, agent.journal.rotten
    sound = yield from identity.prove(WORDS)
    rows.append(_row("keys", sound, "failed"))
    rows.append(_row("journal", not rotten, "failed", "%d bytes rotten" % rotten))
    rows.append(_row("time", agent.clock.utc(at) is not None, "missing", "no message of the desk"))
    rows.append(_row("desk", agent.inbox.greeted, "missing", "has not greeted this thing"))
    if agent.trade:
        yield from _money(agent, rows, at)
    return Rows("check result detail", rows)


def _sensors(agent, wired):
    """Of every channel that the board has a sensor for; all where it is not known."""
    problems = None
    if wired:
        problems = {sensor.channel: sensor.part.problem for sensor in wired.sensors}
    rows = []
    for signal in agent.senses.signals:
        channel = signal.channel
        if problems is not None and channel.index not in problems:
            continue
        problem = problems and problems[channel.index]
        if signal.quality == MISSING and problem is None:  # it answers, and has nothing to tell
            rows.append(_row(channel.name, False, "missing", "no reading"))
        else:
            rows.append(_row(channel.name, not signal.quality, "failed",
                             str(problem) if problem else QUALITIES[signal.quality]))
    return rows


def _flash(store):
    """Return what is wrong with it, or nothing."""
    try:
        store.save("selftest", WORDS)
        damaged = store.damaged()
        return damaged and "damaged: " + " ".join(damaged)
    except OSError as error:
        return str(error)


def _money(agent, rows, at):
    from agent.console import ledger

    wrong = (yield from ledger.verified(agent)).fault
    rows.append(_row("ledger", not wrong, "failed", wrong))
    rows.append(_row("owner", agent.identity.owner_key is not None, "missing", "none is paired"))
    refusal = agent.trade.mandate.refusal(agent.clock.utc(at))
    rows.append(_row("mandate", refusal is None, "missing", refusal))


def _row(check, good, otherwise, detail=""):
    return [check, "good" if good else otherwise, "" if good else detail]
