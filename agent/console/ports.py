"""What a main program lends to the console, so that a thing can be set up where it stands.

Small, because every thing carries it; the commands themselves are in agent/console/setup.py and
loaded when one of them is typed.
"""

UNLOCKED_S = 900
# What can be said while the owner's PIN is asked for: it looks, and changes nothing.
LOOKS = ("help", "status", "channels", "read", "findings", "consumables", "needs", "orders",
         "cases", "why", "usage", "privacy", "ledger", "outbox", "messages", "experience",
         "offers", "disputes", "log", "crash", "link", "time", "pin")  # fmt: skip


class Ports:
    """store, signer, entropy: as an agent gets them; facts: pairs for people, as () -> list."""

    def __init__(self, store, signer, entropy, facts=None):
        self.store = store
        self.signer = signer
        self.entropy = entropy
        self.facts = facts or list
        self.unlocked_until = 0  # age (s) until which the PIN need not be given again
        self.draft = None  # settings that were changed and not yet applied
        self.parts = {}  # documents of which not all parts have come

    def refuses(self, word, at):
        """Why a command may not be carried out now, or None."""
        if word in LOOKS or at < self.unlocked_until or self.store.load("pin") is None:
            return None
        return "the console is locked: pin unlock PIN"
