"""Sensors and time from a process that has the physics: a client for one TCP connection.

Each request asks for the world as it is at a coming second of uptime, or after so many real
milliseconds, whichever is first; the answer is the uptime and every signal. Asking is therefore
sleeping, and time may run faster than the clock on the wall. All integers little-endian:

    hello     uint16 length, names of the signals joined by newlines; uint16 length, those of the
              outputs likewise
    request   uint32 due (s of uptime), uint16 longest wait (ms), uint16 outputs that are on, a bit
              each, the first one lowest
    answer    uint32 uptime (s), uint16 power, float64 per signal (NaN: nothing is measured)

`power` other than 0 asks for a power cut in that many flash operations.
"""

import socket
import struct

from hal import HalError

REQUEST = "<IHH"


class Plant:
    """The clock port on simulated time, and where the drivers of the board `simulated` look.

    signals: names, in the order of the answers; ticks: the ticks port, real, for the link;
    outputs: (name, whether it is on at rest) of what may be switched, 16 at most.
    Raises HalError("absent") when the process is gone.
    """

    def __init__(self, host, port, signals, ticks, outputs=()):
        self.ticks = ticks
        self._outputs = [name for name, _ in outputs]
        self._on = sum([1 << place for place, (_, on) in enumerate(outputs) if on])
        self.power = 0
        self._injected = {}
        self._index = {name: index for index, name in enumerate(signals)}
        self._format = "<IH%dd" % len(signals)
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo(host, port)[0][-1])
        self._stream = self._socket.makefile("rb")
        texts = ["\n".join(names).encode() for names in (signals, self._outputs)]
        self._socket.send(b"".join([struct.pack("<H", len(text)) + text for text in texts]))
        self._ask(0, 0)

    def uptime(self) -> int:
        """Simulated seconds since this connection was made, as of the last answer."""
        return self._answer[0]

    def sleep_until(self, due, at_most_ms) -> None:
        """Until second `due`, but no longer than so many real milliseconds."""
        self._ask(due, at_most_ms)

    def value(self, signal):
        """The signal as of the last answer. Raises HalError timeout, or absent for a wrong name."""
        if signal in self._injected:
            return self._injected[signal]
        index = self._index.get(signal)
        if index is None:
            raise HalError("absent", "the plant has no " + signal)
        value = self._answer[2 + index]
        if value != value:
            raise HalError("timeout", signal)
        return value

    def switch(self, output, on):
        """Have an output on or off, which the plant hears at once."""
        if output not in self._outputs:
            raise HalError("absent", "the plant has no " + output)
        bit = 1 << self._outputs.index(output)
        if bool(self._on & bit) != on:
            self._on ^= bit
            self._ask(0, 0)

    def signals(self):
        """The names of the signals, in order."""
        return sorted(self._index)

    def inject(self, signal, value):
        """Have a signal read `value`, whatever is true; None: what is true again."""
        if value is None:
            self._injected.pop(signal, None)
        else:
            self._injected[signal] = value

    def driver(self, name):
        """For hal.wiring: the driver `simulated`, bound to this plant."""
        if name != "simulated":
            raise ImportError(name)
        return lambda bus, args: _Signal(self, args["signal"])

    def _ask(self, due, wait_ms):
        size = struct.calcsize(self._format)
        try:
            self._socket.send(struct.pack(REQUEST, due, wait_ms, self._on))
            data = self._stream.read(size)
        except OSError as error:
            raise HalError("absent", "the plant is gone: " + str(error))
        if not data or len(data) < size:
            raise HalError("absent", "the plant is gone")
        self._answer = struct.unpack(self._format, data)
        self.power = self._answer[1]



class _Signal:
    """A driver with one field, what the plant says, or of an output of the plant."""

    def __init__(self, plant, signal):
        self._plant = plant
        self._signal = signal

    def read(self):
        return {"": self._plant.value(self._signal)}

    def write(self, share):
        self._plant.switch(self._signal, share > 0)
