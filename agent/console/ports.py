"""What a main program lends to the console, so that a thing can be set up where it stands.

Small, for it stays in memory; the words that need it (onsite.py) come on loan with their line.
"""

# What can be said while the owner's PIN is asked for: it looks, and changes nothing.
LOOKS = """ help status channels read findings notices consumables needs orders cases why usage \
privacy ledger outbox messages experience disputes log crash link time pin """
TOLD = 16  # of what the owner was told, as many as fit on a screen


class Ports:
    """store, signer, entropy: as an agent gets them.

    A main may set `facts`, () -> pairs about its link, `restart`, () -> None, `sensors`, those of
    hal/sensors.py, and `words`, more commands of its own.
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
        try:
            if " %s " % word in LOOKS or at < self.unlocked_until or self.store.load("pin") is None:
                return None
            return "the console is locked: pin unlock PIN"
        except OSError as error:  # nobody can give a PIN that is damaged
            return None if word == "reset" else "%s: only reset is left" % error
