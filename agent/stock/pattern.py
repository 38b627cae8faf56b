"""The pattern of a household or a plant: when it uses what, read out of what demand has learned.

Shown to the owner at once, and to others only with consent.  Hours and days are kept by the age of
the thing; the distance to UTC turns them into hours of the day when it is known.
"""

DAY_S = 86400
# An hour is quiet when it takes less than this share of an even hour's use.
QUIET = 0.25


class Pattern:
    """One consumable's pattern.  offset_s: UTC less age in seconds, or None while unknown."""

    def __init__(self, item, offset_s):
        shift = 0 if offset_s is None else (offset_s + 1800) // 3600
        hours = item.demand.hours()
        self.hours = [hours[(hour - shift) % 24] for hour in range(24)]
        self.per_day = item.rate_per_day()

    def busiest(self):
        """Return the hour of the day (0..23) in which most is used."""
        return self.hours.index(max(self.hours))

    def quiet(self):
        """Return (first hour, length in hours) of the longest quiet stretch; length may be 0."""
        best = (0, 0)
        for start in range(24):
            length = 0
            while length < 24 and self.hours[(start + length) % 24] < QUIET / 24:
                length += 1
            if length > best[1]:
                best = (start, length)
        return best


def in_use(shelf, at):
    """Return whether something is used at this hour, of what has quiet hours."""
    for item in shelf.items:
        hours = item.demand.hours()
        if item.rate_per_day() and min(hours) < QUIET / 24 <= hours[at // 3600 % 24]:
            return True
    return False


def insight(shelf, clock, at):
    """Return rows [consumable, used a day, busiest hour, first quiet hour, quiet hours]."""
    utc = clock.utc(at)
    rows = []
    for spec, item in zip(shelf.specs, shelf.items):
        pattern = Pattern(item, None if utc is None else utc - at)
        if pattern.per_day is not None:
            start, length = pattern.quiet()
            rows.append([spec["name"], pattern.per_day, pattern.busiest(), start, length])
    return rows


def week(shelf):
    """Return [[consumable, units x scale used in a week], ...], as a usage message carries it."""
    rows = []
    for index, item in enumerate(shelf.items):
        rate = item.rate_per_day()
        if rate is not None:
            amount = max(0, int(7 * rate * shelf.unit_scales[index] + 0.5))
            rows.append([shelf.specs[index]["name"], amount])
    return rows
