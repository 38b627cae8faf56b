"""What stands in for the agent in a thing that cannot be put together yet, or any more.

It has the agent's surface, so the one loop runs it, and of the console what sets a thing up: a
bare board can be provisioned, and a broken one can say why it is broken.
"""

from agent import console
from agent.console import grammar, onsite
from agent.console.grammar import Pairs, Rows


class Blank:
    """`reason`: why there is no agent. `ports` must be set before a line is fed."""

    def __init__(self, reason):
        self.ports = None
        self.mode = 1
        self._reason = reason
        self._effects = [("notify", reason + "; `help` lists what can be said")]

    def feed_line(self, line, now):
        """Obey a console line and return the text that answers it."""
        return console.at_once(self.answers(line, now))

    def answers(self, line, now):
        """Obey a console line in slices; without an agent there is no age, and uptime serves."""
        return grammar.obey(self, line, now, _find, self.ports.refuses)

    def feed_reading(self, channel, value, quality, now):
        """Nothing is known of channels."""

    def feed_message(self, frame, now):
        """Nothing can be verified without keys."""

    def feed_link(self, up, now):
        """Nothing is sent without keys."""

    def think(self, now):
        return now + 60

    def take_message(self):
        return None

    def take_effect(self):
        return self._effects.pop(0) if self._effects else None

    def tell(self, text):
        """Let whoever is at the console know."""
        self._effects.append(("notify", text))

    @property
    def reason(self):
        return self._reason


class NoSensors:
    """For a thing that does not know what it is yet."""

    due = 1 << 29
    sensors = ()

    def read(self, now):
        return ()


def _find(words):
    return COMMANDS.get(words[0])


def _help(agent, words, at):
    return Rows(("command", "does"), [[word, COMMANDS[word][1]] for word in sorted(COMMANDS)])


def _status(agent, words, at):
    return Pairs([("mode", "blank"), ("reason", agent.reason)])


COMMANDS: dict = {
    "help": (_help, "what can be said here; any command takes --json, several are joined by ;"),
    "status": (_status, "why this thing is not at work"),
}
COMMANDS.update(onsite.COMMANDS)
