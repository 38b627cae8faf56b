"""What a main program lends to the console, so that a thing can be set up where it stands.

Small, because every thing carries it; what sets a thing up is loaded when a word of it is typed.
"""

from agent.console.grammar import CommandError, Pairs

# What can be said while the owner's PIN is asked for: it looks, and changes nothing.
LOOKS = ("help", "status", "channels", "read", "findings", "consumables", "needs", "orders",
         "cases", "why", "usage", "privacy", "ledger", "outbox", "messages", "experience",
         "disputes", "log", "crash", "link", "time", "pin")  # fmt: skip
TOLD = 16  # of what the owner was told, as many as fit on a screen


class Ports:
    """store, signer, entropy: as an agent gets them.

    A main may set `facts`, () -> pairs about its link, `restart`, () -> None, `sensors`, those of
    hal.wiring, and `words`, more commands of its own.
    """

    def __init__(self, store, signer, entropy):
        self.store = store
        self.signer = signer
        self.entropy = entropy
        self.facts = list
        self.restart = None
        self.sensors = None
        self.words = {}
        self.unlocked_until = 0  # age (s) until which the PIN need not be given again
        self.draft = None  # settings that were changed and not yet applied
        self.parts = {}  # documents of which not all parts have come
        self.told = []  # (uptime, text) of what the owner was told of late

    def tells(self, show, uptime):
        """Return what lets the owner know a text: show(text), and kept for `log`."""
        def tell(text):
            self.told = self.told[1 - TOLD:] + [(uptime(), text)]
            show(text)

        return tell

    def refuses(self, word, at):
        """Why a command may not be carried out now, or None."""
        if word in LOOKS or at < self.unlocked_until or self.store.load("pin") is None:
            return None
        return "the console is locked: pin unlock PIN"


def later(room, name, lending=True):
    """Return a command that loads its room, a file beside this one, when it is said.

    lending: it wants what a main lends.
    """
    def command(agent, words, at):
        if lending:
            lent(agent)
        loaded = __import__("agent.console." + room, None, None, (name,))
        return getattr(loaded, name)(agent, words, at)

    return command


def _crash(agent, words, at):
    data = lent(agent).ports.store.load("crash")
    return data.decode() if data else "it has not crashed"


def _link(agent, words, at):
    return Pairs(lent(agent).ports.facts() or [("link", "this thing works alone")])


def _restart(agent, words, at):
    restart = lent(agent).ports.restart
    if words:
        raise CommandError("%r: restart takes no word" % words[0])
    if restart is None:
        raise CommandError("restart: whoever keeps this process alive has to do it")
    restart()
    return "restarting"


def lent(agent):
    """Return the agent if its main lends the console what it needs; raises CommandError."""
    if getattr(agent, "ports", None) is None:
        raise CommandError("not on this console")
    return agent


COMMANDS = {
    "provision": (later("setup", "command"),
                  "provision [keys|owner|put|export|lock]: who it is, whom it trusts"),
    "config": (later("settings", "command"),
               "config [get|set|diff|apply|reset|undo]: settings, changed all at once"),
    "pin": (later("pin", "command"),
            "pin [set|unlock|lock]: asked for before a command that changes something"),
    "crash": (_crash, "what ended an earlier start"),
    "link": (_link, "network, time and broker, as far as they got"),
    "wifi": (later("settings", "wifi"),
             "wifi [NAME [PASSWORD]]: how the network is, or which to join"),
    "restart": (_restart, "start anew"),
    "reboot": (_restart, "the same as restart"),
    "reset": (later("erase", "reset"),
              "reset THING [forced]: erase all but product and board, for the next owner"),
}
# For whoever stands before the thing.
OWNERS = ("provision", "config", "pin", "wifi", "restart", "reboot", "reset")
