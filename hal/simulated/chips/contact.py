"""A contact that closes and opens with what moves it, bounces, and chatters when it is broken."""

BOUNCE_US = 700


class Chip:
    """quantity: "closed" (1 or 0), or where that is None "count", of which it shows what is added,
    by closings of half a second. `bounces`: extra edges per change; `chatters`: never at rest."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.bounces = 0
        self.chatters = False
        self._count = None if quantity("closed") is not None else quantity("count")
        self._was = self.level()

    def attach(self, pins) -> None:
        pins.attach(self.args["pin"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def level(self) -> int:
        if self.chatters:
            self._was = 1 - self._was
            return self._was
        closed = self.args.get("closed", 0)
        return closed if self._count is None and self.quantity("closed") else 1 - closed

    def edges(self, since_us: int, until_us: int):
        if self._count is not None:
            yield from self._closings(since_us)
            return
        level = self.level()
        if level != self._was:
            self._was = level
            for bounce in range(self.bounces):
                yield since_us + bounce * BOUNCE_US, level
                yield since_us + bounce * BOUNCE_US + BOUNCE_US // 2, 1 - level
            yield since_us + self.bounces * BOUNCE_US, level

    def _closings(self, since_us):
        added = int(self.quantity("count") - self._count)
        self._count += added
        closed = self.args.get("closed", 0)
        for index in range(added):
            yield since_us + 1_000_000 * index, closed
            yield since_us + 1_000_000 * index + 500_000, 1 - closed
