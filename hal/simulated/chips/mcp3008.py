"""MCP3008: three bytes in, a null bit and ten bits out."""


class Chip:
    """quantity: "" (V at the input of `args`; `join` adds what is at another)."""

    def __init__(self, args, quantity):
        self.args = args
        self.powered = True
        self._inputs = {}
        self.join(args, quantity)

    def join(self, args, quantity):
        self._inputs[args["input"]] = quantity

    def attach(self, bus) -> None:
        bus.attach(self.args["cs"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def exchange(self, data: bytes) -> bytes:
        command = int.from_bytes(data, "big")
        if len(data) != 3 or command >> 15 != 3:
            return b"\xff" * len(data)  # no start bit where figure 6-1 has it, or differential
        quantity = self._inputs.get(command >> 12 & 7)
        volts = quantity("") if quantity else 0.0
        code = min(max(int(volts * 1024 / self.args.get("reference", 3.3)), 0), 1023)
        return bytes((0xFF, 0xF8 | code >> 8, code & 255))
