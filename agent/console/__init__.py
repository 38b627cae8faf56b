"""The console: one grammar on every serial port, terminal and socket; looks in, changes little.

A sixth of the agent's code, and nobody talks to most things for years: it is loaded at the first
line.
"""


def obey(agent, line, at, remote=False):
    """Carry out one line and return its answer, a text; remote: the desk says it."""
    from agent.console import commands

    return commands.obey(agent, line, at, remote)
