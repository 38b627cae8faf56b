"""The budget: what has been committed, against what the mandate allows.

A commitment is made in the same transaction as the order it pays for, and given back only when
the order ends unfulfilled.  Periods follow the highest UTC that ever counted, so a clock that is
unknown or goes back never refills anything; and they go on no faster than the thing's own age, so
a desk that puts the clock forward does not refill anything either.  Amounts in different
currencies cannot be added: what was spent in another one than the mandate's stays committed, and
counts again when a mandate of that currency comes.  How many orders there were counts in all.
"""

from agent import limits
from agent.money import mandate as terms_of

COMMIT, RELEASE, PERIOD = TAGS = 31, 32, 37
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
    """Commitments of the running month, oldest first.  Durable.

    A row is [order id, day, consumable, seller, total, age in s, currency]; of rows that know no
    currency, empty or left out, nobody can say that they count less in one than in another.
    """

    def __init__(self, note):
        self._note = note
        self._latest = 0  # the highest UTC day that ever counted
        self._since = 0  # the age at which it did
        self._rows = []

    def refusal(self, mandate, consumable, seller, total, utc, at):
        """Return which limit an order would break, or None."""
        terms = mandate.terms
        known, currency = mandate.seller(seller), terms[terms_of.CURRENCY]
        if known is None:
            return "seller is not allowed by the mandate"
        day = self._day(utc, at)
        rows = self._month(day)
        today = [row for row in rows if row[1] == day]
        alike = [row for row in rows if row[2] == consumable]
        theirs = [row for row in rows if row[3] == seller]
        checks = (
            ("cap of an order", total, mandate.cap(consumable)),
            ("budget of the day", total + _sum(today, currency), terms[terms_of.DAY_BUDGET]),
            ("budget of the month", total + _sum(rows, currency), terms[terms_of.MONTH_BUDGET]),
            ("orders of the day", len(today) + 1, terms[terms_of.DAY_ORDERS]),
            ("orders of the month", len(rows) + 1,
             min(terms[terms_of.MONTH_ORDERS], limits.COMMITMENTS_KEPT)),
            ("budget of " + consumable, total + _sum(alike, currency),
             mandate.consumable_budget(consumable)),
            ("orders of " + consumable, len(alike) + 1, mandate.count(consumable)),
            ("budget of " + seller, total + _sum(theirs, currency), known[2]),
            ("orders of " + seller, len(theirs) + 1, mandate.count(seller)),
        )
        for word, amount, most in checks:
            if amount > most:
                return "%s: %d of %d" % (word, amount, most)
        return None

    def _day(self, utc, at):
        """Return the day that counts: it never goes back, nor ahead of the thing's own age."""
        elapsed = (at - self._since) // _DAY_S + 1
        day = utc // _DAY_S
        return max(self._latest, min(day, self._latest + elapsed) if self._latest else day)

    def _month(self, day):
        return [row for row in self._rows if month_of(row[1]) == month_of(day)]

    def commit(self, order_id, consumable, seller, total, currency, utc, at):
        """Count an order; call only after `refusal` gave None in the same step."""
        record = [COMMIT, order_id, self._day(utc, at), consumable, seller, total, at,
                  currency]
        self.apply(record)
        self._note(record)

    def recall(self, order_id, *commitment):
        """Count an order that only the desk may remember."""
        if not any(row[0] == order_id for row in self._rows):
            self.commit(order_id, *commitment)

    def past(self, utc):
        """Return whether a time lies before the running month."""
        return month_of(utc // _DAY_S) < month_of(self._latest)

    def release(self, order_id):
        """Give back what an order that ended unfulfilled had committed."""
        if any(row[0] == order_id for row in self._rows):
            self.apply([RELEASE, order_id])
            self._note([RELEASE, order_id])

    def committed(self, utc, currency):
        """Return (committed today, committed this month) in minor units of a currency."""
        day = max(self._latest, 0 if utc is None else utc // _DAY_S)
        rows = self._month(day)
        return _sum([row for row in rows if row[1] == day], currency), _sum(rows, currency)

    def apply(self, record):
        if record[0] == RELEASE:
            self._rows = [row for row in self._rows if row[0] != record[1]]
            return
        self._latest = max(self._latest, record[1 if record[0] == PERIOD else 2])
        self._since = max(self._since, record[2 if record[0] == PERIOD else 6])
        if record[0] == PERIOD:
            return
        self._rows = self._month(self._latest)
        self._rows.append(record[1:])

    def dump(self):
        yield [PERIOD, self._latest, self._since]
        for row in self._rows:
            yield [COMMIT] + row


def _sum(rows, currency):
    return sum([row[4] for row in rows if "".join(row[6:]) in ("", currency)])
