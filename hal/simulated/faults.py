"""How a test breaks a simulated bus: for so many transfers, or for good."""


class Faults:
    """A bus that can be told to fail; FAULTS are the words that it knows."""

    FAULTS: tuple = ()

    def __init__(self):
        self._fault = None
        self._times = 0

    def fail(self, fault: str, times: int = -1) -> None:
        """From now on, for `times` transfers (below zero: until `mend`)."""
        assert fault in self.FAULTS
        self._fault = fault
        self._times = times

    def mend(self) -> None:
        self._times = 0

    def fault(self):
        """The fault of this transfer, or None; counts it."""
        if not self._times:
            return None
        self._times -= 1
        return self._fault
