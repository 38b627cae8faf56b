"""Privacy: nothing but what running the thing needs leaves it without the owner's consent.

The mandate names, for each purpose, who may have what serves it.  What left is counted for each
purpose and recipient and can be shown: who got what, how often, and when last.
"""

from agent.money.mandate import CONSENTS

DISCLOSED = 70

DESK = "desk"


class Privacy:
    """Consents come from the mandate in force.  Durable: what was disclosed."""

    def __init__(self, mandate, note):
        self._mandate = mandate
        self._note = note
        self.disclosed = {}  # (purpose, recipient): [fields, times, age of the last]

    def allows(self, purpose, recipient):
        """Return whether the owner agreed to this purpose and recipient."""
        terms = self._mandate.terms
        return bool(terms) and recipient in terms.get(CONSENTS, {}).get(purpose, ())

    def disclose(self, purpose, recipient, fields, at):
        """Write down that fields (a text that names them) leave for a purpose and recipient."""
        known = self.disclosed.get((purpose, recipient), [fields, 0, 0])
        record = [DISCLOSED, purpose, recipient, fields, known[1] + 1, at]
        self.apply(record)
        self._note(record)

    def rows(self):
        """Return [purpose, recipient, fields, times, age of the last] in a fixed order."""
        return [list(key) + self.disclosed[key] for key in sorted(self.disclosed)]

    def apply(self, record):
        self.disclosed[(record[1], record[2])] = list(record[3:])

    def dump(self):
        for row in self.rows():
            yield [DISCLOSED] + row
