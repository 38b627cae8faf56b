"""What a thing switches: the lamps, relays and fans of its board, by its own state or by hand.

Loaded only where the board has outputs. All are as their state has them when the thing starts, and
what was set by hand is forgotten then. Nobody but who stands at the console sets one by hand. A
remedy (agent/service/remedies.py) has one the other way for some seconds, if the board calls that
safe; that is kept nowhere, so no start finds it so.
"""

from agent.core import SAFE
from hal import HalError

HELP = "output [NAME on|off|0..100|auto]: what it switches, by hand or by its own state"


class Output:
    """One part. `when`: the state that switches it on, or ""; `share`, 0 to 1: as it was set;
    `safe_s`: for how long a remedy may have it the other way, `left`: for how long one wants to,
    `until`: the uptime at which that ends."""

    def __init__(self, spec, make, bank):
        self.name = spec["name"]
        self.when = spec.get("when", "")
        self.by_hand = False
        self.safe_s = spec.get("safe", 0)
        self.left = self.until = 0
        self.problem = None  # the last HalError, None while all is well
        self._make = make, bank, spec["args"]
        self._driver = None
        self.set(1.0 if self.when == "always" else 0.0)

    def set(self, share) -> None:
        """A part that does not take it is tried again at the next change."""
        self.share = share
        try:
            if self._driver is None:
                make, bank, args = self._make
                driver = make(bank, args)
                if not hasattr(driver, "write"):
                    raise HalError("absent", "its driver switches nothing")
                self._driver = driver
            self._driver.write(share)
            self.problem = None
        except OSError as error:
            self.problem = error


class Outputs:
    """All of a board. specs: of the compiled board; open_bus, find_driver: as for hal.wiring."""

    def __init__(self, specs, open_bus, find_driver=None):
        bank, find = open_bus("pins", 0, {}, 0), find_driver or _find_driver
        self.all = [Output(spec, find(spec["driver"]), bank) for spec in specs]

    def follow(self, agent, now, due):
        """Once a turn: switch what is bound to a state that has changed, and what a remedy wants.

        Returns `due`, or the uptime (s) at which a remedy ends, whichever is first.
        """
        for output in self.all:
            if output.by_hand:
                output.left = output.until = 0
                continue
            if output.left:
                output.until, output.left = now + output.left, 0
            on = output.when and STATES[output.when](agent)
            if output.until > now:
                on = not on
                due = min(due, output.until)
            share = 1.0 if on else 0.0
            if share != output.share:
                output.set(share)
        return due

    def safe(self):
        """Names of those that may be switched for a remedy."""
        return [output.name for output in self.all if output.safe_s]

    def switch(self, name, seconds) -> None:
        """Have one the other way, for no longer than is safe; a hand at the console goes before."""
        for output in self.all:
            if output.name == name:
                output.left = min(seconds, output.safe_s)

    def command(self, agent, words, at):
        """The console's word, which finds the grammar loaded; nothing else here needs it."""
        from agent.console.grammar import CommandError, Rows

        if not words:
            return Rows(("output", "set_pct", "by", "on_when", "problem"), [
                [output.name, int(100 * output.share + 0.5), "hand" if output.by_hand else "state",
                 output.when or None, output.problem and str(output.problem)]
                for output in self.all])  # fmt: skip
        output = [output for output in self.all if output.name == words[0]]
        if not output or len(words) != 2:
            names = ", ".join([output.name for output in self.all])
            raise CommandError("say: output NAME on|off|0..100|auto; there are: " + names)
        return _by_hand(output[0], words[1])


def _by_hand(output, word):
    from agent.console.grammar import CommandError, natural

    share = {"on": 100, "off": 0, "auto": 0}.get(word)
    if share is None:
        share = natural(word)
    if not 0 <= share <= 100:
        raise CommandError("%r is not on, off, 0 to 100 or auto" % word)
    output.by_hand = word != "auto"
    output.set(share / 100)
    if output.problem:
        raise CommandError("%s: %s" % (output.name, output.problem))
    if not output.by_hand:
        return "%s follows: %s" % (output.name, output.when or "nothing, it is off")
    return "%s is set to %d %%, until `output %s auto` or a restart" % (
        output.name, share, output.name)  # fmt: skip


def _order_waits(agent):
    if not agent.trade:
        return False
    from agent.money.orders import AWAITING

    return any(order.state == AWAITING for order in agent.trade.orders.open)


# What a board file may say for `when`.
STATES = {
    "order waiting": _order_waits,  # for the owner's yes
    "case open": lambda agent: bool(agent.cases.open),
    "safe mode": lambda agent: agent.mode == SAFE,
    "always": lambda agent: True,
}


def _find_driver(name):
    return __import__("hal.drivers." + name, None, None, ("Driver",)).Driver
