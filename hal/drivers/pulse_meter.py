"""Whatever gives a pulse per portion: flow meters (YF-S201), S0 outputs of energy meters.

A YF-S201 gives about 450 pulses per litre (its data sheet: frequency in Hz = 7.5 times the flow
in l/min); an S0 output (IEC 62053-31) a pulse of 30 ms or more per share of a kWh, which its
label tells, and which bounces where the output is a reed contact.
"""


class Driver:
    """Fields total (units since the start of the device) and rate (units in `per` seconds, mean of
    the intervals between the pulses that came since the last read).

    pins: pin; args: per_unit (pulses per unit), per (s, 1: units per second; 3600 makes W of Wh),
    debounce_ms (0), gap_s (2: a longer silence is a pause), pull (up), hold (1: without pulses the
    last rate stands; 0: it is 0). rate has no value before the first two pulses if it is held.
    """

    def __init__(self, bus, args):
        self._per_unit = args["per_unit"]
        self._scale = 1e6 * args.get("per", 1) / self._per_unit
        self._hold = args.get("hold", 1)
        self._rate = None if self._hold else 0.0
        debounce_us = args.get("debounce_ms", 0) * 1000
        gap_us = args.get("gap_s", 2) * 1_000_000
        pull = args.get("pull", "up")
        self._counter = bus.counter(args["pin"], pull, False, debounce_us, gap_us)

    def read(self):
        intervals, duration_us = self._counter.take()
        if intervals:
            self._rate = self._scale * intervals / duration_us
        elif not self._hold:
            self._rate = 0.0
        return {"total": self._counter.total() / self._per_unit, "rate": self._rate}
