"""What all register chips on I2C have in common: a pointer, values, and power that can fail."""


class Registers:
    """RESET: power-on values by register, 0 where nothing is said. WIDTH 1: a pointer that steps
    on with every byte; WIDTH 2: big-endian words, the pointer stays (INA219, ADS1115 and so on).

    A chip overrides `get` and `put` for registers that do something. `stretch_us`: how long it
    holds the clock in every transfer.
    """

    RESET: dict = {}
    WIDTH = 1

    def __init__(self, args, quantity, address):
        self.address = args.get("address", address)
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.stretch_us = 0
        self.brown_out()

    def attach(self, bus) -> None:
        bus.attach(self.address, self)

    def brown_out(self) -> None:
        """The supply dipped: every register is as after power-on."""
        self.values = dict(self.RESET)
        self.pointer = 0

    def get(self, register: int) -> int:
        return self.values.get(register, 0)

    def put(self, register: int, value: int) -> None:
        self.values[register] = value

    def write(self, data) -> None:
        self.pointer = data[0]
        width = self.WIDTH
        for at in range(1, len(data), width):
            self.put(self.pointer, int.from_bytes(data[at : at + width], "big"))
            if width == 1:
                self.pointer += 1

    def read(self, count: int) -> bytes:
        if self.WIDTH == 2:
            word = self.get(self.pointer).to_bytes(2, "big")
            return (word + b"\xff" * count)[:count]  # who reads on finds the lines high
        data = bytearray(count)
        for index in range(count):
            data[index] = self.get(self.pointer)
            self.pointer = self.step(self.pointer)
        return bytes(data)

    def step(self, register: int) -> int:
        """Where the pointer goes after a byte of this register."""
        return register + 1


def code(value: float, step: float, bits: int) -> int:
    """The two's complement register word of a value, stopped at both ends of `bits` bits."""
    top = 1 << bits - 1
    number = int(value / step + (0.5 if value >= 0 else -0.5))
    return min(max(number, -top), top - 1) & (1 << bits) - 1
