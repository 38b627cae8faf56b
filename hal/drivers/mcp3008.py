"""Eight analog inputs of 10 bits on SPI: Microchip MCP3008.

Data sheet DS21295D: transfer function 4.2 (equation 4-2, p. 15), serial communication 5.0 and in
bytes 6.1 (figure 6-1, p. 21): start bit, single-ended and channel; then a null bit and the code.
"""

from hal import HalError


class Driver:
    """V. pins: cs; args: input (0-7), reference (V, 3.3). Raises absent when the null bit is not
    driven; a line held low reads as 0 V and cannot be told from it."""

    def __init__(self, bus, args):
        self._bus = bus
        self._select = bus.pins.output(args["cs"], 1)
        self._ask = bytes((1, 8 + args["input"] << 4, 0))
        self._reference = args.get("reference", 3.3)
        self._answer = bytearray(3)

    def read(self):
        answer = self._answer
        self._select.value(0)
        self._bus.write_readinto(self._ask, answer)
        self._select.value(1)
        if answer[1] & 4:
            raise HalError("absent", "no null bit")
        return {"": ((answer[1] & 3) << 8 | answer[2]) * self._reference / 1024}
