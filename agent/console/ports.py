"""What a main program lends to the console, so that a thing can be set up where it stands.

Small, because every thing carries it; what sets a thing up is loaded when a word of it is typed.
"""

from agent.console.grammar import CommandError, Pairs

# What can be said while the owner's PIN is asked for: it looks, and changes nothing.
LOOKS = ("help", "status", "channels", "read", "findings", "consumables", "needs", "orders",
         "cases", "why", "usage", "privacy", "ledger", "outbox", "messages", "experience",
         "offers", "disputes", "log", "crash", "link", "time", "pin")  # fmt: skip


class Ports:
    """store, signer, entropy: as an agent gets them.

    A main may set `facts`, () -> pairs about its link, and `restart`, () -> None.
    """

    def __init__(self, store, signer, entropy):
        self.store = store
        self.signer = signer
        self.entropy = entropy
        self.facts = list
        self.restart = None
        self.unlocked_until = 0  # age (s) until which the PIN need not be given again
        self.draft = None  # settings that were changed and not yet applied
        self.parts = {}  # documents of which not all parts have come

    def refuses(self, word, at):
        """Why a command may not be carried out now, or None."""
        if word in LOOKS or at < self.unlocked_until or self.store.load("pin") is None:
            return None
        return "the console is locked: pin unlock PIN"


def _provision(agent, words, at):
    from agent.console import setup

    return setup.command(_set_up(agent), words, at)


def _config(agent, words, at):
    from agent.console import settings

    return settings.command(_set_up(agent), words, at)


def _pin(agent, words, at):
    from agent.console import pin

    return pin.command(_set_up(agent), words, at)


def _crash(agent, words, at):
    data = _set_up(agent).ports.store.load("crash")
    return data.decode() if data else "it has not crashed"


def _link(agent, words, at):
    return Pairs(_set_up(agent).ports.facts() or [("link", "this thing works alone")])


def _restart(agent, words, at):
    restart = _set_up(agent).ports.restart
    if restart is None:
        raise CommandError("restart: whoever keeps this process alive has to do it")
    restart()
    return "restarting"


def _set_up(agent):
    if getattr(agent, "ports", None) is None:
        raise CommandError("not on this console")
    return agent


COMMANDS = {
    "provision": (_provision, "provision [keys|owner|put|export|lock]: who it is, whom it trusts"),
    "config": (_config, "config [get|set|diff|apply|reset|undo]: settings, changed all at once"),
    "pin": (_pin, "pin [set|unlock|lock]: asked for before a command that changes something"),
    "crash": (_crash, "what ended an earlier start"),
    "link": (_link, "network, time and broker, as far as they got"),
    "restart": (_restart, "start anew"),
}
# For whoever stands before the thing.
OWNERS = ("provision", "config", "pin", "restart")
