"""How a test breaks a simulated bus: for so many transfers, or for good."""


class Faults:
    """A bus that can be told to fail; FAULTS are the words that it knows."""

    FAULTS: tuple = ()

    def __init__(self):
        self._fault = None
        self._times = 0
        self._after = 0
        self.transfers = 0  # so far; what a test counts a place in a read by

    def fail(self, fault: str, times: int = -1, after: int = 0) -> None:
        """`after` transfers from now, for `times` of them (below zero: until `mend`)."""
        assert fault in self.FAULTS or callable(fault)
        self._fault = fault
        self._times = times
        self._after = after

    def mend(self) -> None:
        self._times = 0

    def fault(self):
        """The fault of this transfer, or None; counts it. One that can be called happens between
        this transfer and the last one, and is no fault of this one."""
        self.transfers += 1
        if not self._times:
            return None
        if self._after:
            self._after -= 1
            return None
        self._times -= 1
        if callable(self._fault):
            self._fault()
            return None
        return self._fault
