"""How long a link waits before it dials again: doubling, with jitter, so no fleet stampedes."""

FIRST_MS = 1_000
LONGEST_MS = 300_000  # five minutes: an order can wait that long, a broker's door cannot stand more
STEADY_MS = 60_000  # a session that lasted this long was a good one, and its end a new failure


class Backoff:
    """Waits of half to the whole of FIRST_MS, 2 FIRST_MS, 4 FIRST_MS … LONGEST_MS.

    `entropy(n)` gives n random bytes. A broker that accepts and at once drops is as bad as one
    that does not answer, so only a session of STEADY_MS starts the series anew.
    """

    def __init__(self, entropy):
        self._entropy = entropy
        self._whole = FIRST_MS

    def next_ms(self, session_ms: int = 0) -> int:
        """The wait after an attempt whose session, if there was one, lasted `session_ms`; ticks
        wrap, and one of more than six days may be below zero."""
        if not 0 <= session_ms < STEADY_MS:
            self._whole = FIRST_MS
        whole = self._whole
        self._whole = min(2 * whole, LONGEST_MS)
        low, high = self._entropy(2)
        return whole // 2 + (whole // 2 * (low + 256 * high) >> 16)
