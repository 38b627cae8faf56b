"""The budget: what has been committed, against what the mandate allows.

A commitment is made in the same transaction as the order it pays for, and given back only when
the order ends unfulfilled.  Periods follow the highest UTC ever seen, so a clock that is unknown
or goes back never refills anything.
"""

from agent import limits
from agent.money import mandate as terms_of

COMMIT, RELEASE = TAGS = 31, 32
_DAY_S = 86400


def month_of(day):
    """Return the number of the month (year * 12 + month - 1) of a day since 1970-01-01.

    Civil-from-days after Howard Hinnant, "chrono-compatible low-level date algorithms".
    """
    day += 719468
    era_day = day % 146097
    year_of_era = (era_day - era_day // 1460 + era_day // 36524 - era_day // 146096) // 365
    year_day = era_day - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * year_day + 2) // 153
    month = shifted + 2 if shifted < 10 else shifted - 10
    year = year_of_era + day // 146097 * 400 + (1 if month < 2 else 0)
    return year * 12 + month


class Budget:
    """Commitments of the running month: [order id, day, consumable, seller, total].  Durable."""

    def __init__(self, note):
        self._note = note
        self._latest = 0  # the highest UTC day that ever counted
        self._rows = []

    def refusal(self, mandate, consumable, seller, total, utc):
        """Return which limit an order would break, or None."""
        terms = mandate.terms
        day = max(self._latest, utc // _DAY_S)
        rows = [row for row in self._rows if month_of(row[1]) == month_of(day)]
        today = [row for row in rows if row[1] == day]
        seller_budget = mandate.seller(seller)[2]
        checks = (
            ("cap of an order", total, mandate.cap(consumable)),
            ("budget of the day", total + _sum(today), terms[terms_of.DAY_BUDGET]),
            ("budget of the month", total + _sum(rows), terms[terms_of.MONTH_BUDGET]),
            ("orders of the day", len(today) + 1, terms[terms_of.DAY_ORDERS]),
            ("orders of the month", len(rows) + 1,
             min(terms[terms_of.MONTH_ORDERS], limits.COMMITMENTS_KEPT)),
            ("budget of " + consumable, total + _sum(r for r in rows if r[2] == consumable),
             mandate.consumable_budget(consumable)),
            ("budget of " + seller, total + _sum(r for r in rows if r[3] == seller),
             seller_budget),
        )
        for word, amount, most in checks:
            if amount > most:
                return "%s: %d of %d" % (word, amount, most)
        return None

    def commit(self, order_id, consumable, seller, total, utc):
        """Count an order; call only after `refusal` gave None in the same step."""
        record = [COMMIT, order_id, max(self._latest, utc // _DAY_S), consumable, seller, total]
        self.apply(record)
        self._note(record)

    def recall(self, order_id, consumable, seller, total, utc):
        """Count an order that only the desk remembers."""
        if not any(row[0] == order_id for row in self._rows):
            self.commit(order_id, consumable, seller, total, utc)

    def release(self, order_id):
        """Give back what an order that ended unfulfilled had committed."""
        if any(row[0] == order_id for row in self._rows):
            self.apply([RELEASE, order_id])
            self._note([RELEASE, order_id])

    def committed(self, utc):
        """Return (committed today, committed this month) in minor units."""
        day = max(self._latest, 0 if utc is None else utc // _DAY_S)
        rows = [row for row in self._rows if month_of(row[1]) == month_of(day)]
        return _sum(row for row in rows if row[1] == day), _sum(rows)

    def apply(self, record):
        if record[0] == RELEASE:
            self._rows = [row for row in self._rows if row[0] != record[1]]
            return
        self._latest = max(self._latest, record[2])
        month = month_of(self._latest)
        self._rows = [row for row in self._rows if month_of(row[1]) == month]
        self._rows.append(record[1:])

    def dump(self):
        for row in self._rows:
            yield [COMMIT] + row


def _sum(rows):
    total = 0
    for row in rows:
        total += row[4]
    return total
