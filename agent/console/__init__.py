"""The console: one grammar on every serial port, terminal and socket; looks in, changes little.

A quarter of the agent's code, and nobody talks to most things for years: it comes on loan with a
line. What stays is only what a main lends to it (ports.py).
"""

from agent import loan


def at_once(answers):
    """Return the answers to a line as one text, however long they take."""
    return "\n".join(["".join(text) for text in answers if text])


def answers(agent, line, at, remote=False):
    """Carry out one line in slices: yield its answers, and None where the work goes on.

    remote: the desk says it.
    """
    return loan.stream("agent.console.commands", "obey", agent, line, at, remote)
