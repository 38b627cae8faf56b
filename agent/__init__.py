"""The agent: the portable core of a thing, without any input or output of its own.

Rooms, in the order in which one step passes through them: sense (readings become findings),
stock (levels become days left), needs, money (needs become orders), service (findings become
cases), outbox.  wire, store, clock and product serve them; console lets a person look in.
May import only itself and `struct array binascii hashlib math json`: time, randomness, storage
and messages come in as arguments, so the same code runs on a chip, a laptop and in a test.
"""

VERSION = "0.1.0"


def const(value):
    """Mark a number as fixed: `_NAME = const(3)` becomes 3 wherever it stands, and the name goes.

    mpy-cross does so by the word `const` alone. MicroPython's own module of that name is not
    imported, as it is no part of Python; on CPython this function is all there is to it.
    """
    return value
