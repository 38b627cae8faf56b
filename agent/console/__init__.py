"""The console: one grammar on every serial port, terminal and socket; looks in, changes little.

A sixth of the agent's code, and nobody talks to most things for years: it comes on loan with a
line. What stays is only what a main lends to it (ports.py).
"""

from agent import loan


def obey(agent, line, at, remote=False):
    """Carry out one line and return its answer, a text; remote: the desk says it."""
    return loan.call("agent.console.commands", "obey", agent, line, at, remote)
