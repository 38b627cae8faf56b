"""Deterministic CBOR (RFC 8949 §4.2.1): one value has one encoding, on both runtimes.

The ledger hashes what is encoded here and frames are authenticated as bytes, so two encodings of
one value would be two truths. The decoder therefore takes nothing that `encode` would not have
written: lengths and numbers in their shortest form, map keys ascending by their encoded bytes,
nothing indefinite, nothing after the end.

Values: int (-2**64 .. 2**64-1), float, str, bytes, list (a tuple encodes as a list), dict with int
or str keys, True, False, None, and Tag. `undefined` and other simple values have no meaning here
and are refused. NaN is refused unless asked for, because it slips through every range check
written as `value < low`; infinities compare like numbers and are left to those checks.
"""

import struct

from agent import const
from agent.limits import CBOR_DEPTH

# Major types, in the top three bits of an initial byte (RFC 8949 §3.1).
_UNSIGNED = const(0)
_NEGATIVE = const(1)
_BYTES = const(2)
_TEXT = const(3)
_ARRAY = const(4)
_MAP = const(5)
_TAG = const(6)
_SIMPLE = const(7)
_KEY_MAJORS = const((_UNSIGNED, _NEGATIVE, _TEXT))

# The least argument that needs 1, 2, 4, 8 bytes; a smaller one has a shorter form.
_LEAST = const((24, 1 << 8, 1 << 16, 1 << 32))
_FLOAT_FORMATS = const((">e", ">f", ">d"))
_NAN = const(b"\x7e\x00")
_ENDLESS = const(1 << 64)

# What the decoder hands itself for a container that has still to be filled.
_OPENED = object()


class CborError(ValueError):
    """Bytes that are not deterministic CBOR, or a value that has no encoding here.

    what: the rule that was broken. offset: byte at which, of the input or of the output.
    """

    def __init__(self, what, offset):
        super().__init__("%s at byte %d" % (what, offset))
        self.what = what
        self.offset = offset


class Tag:
    """A value with a CBOR tag number (0 .. 2**64-1) that says what it stands for."""

    def __init__(self, number, value):
        assert 0 <= number < _ENDLESS
        self.number = number
        self.value = value

    def __eq__(self, other):
        if not isinstance(other, Tag):
            return False
        return self.number == other.number and self.value == other.value


def encode(value, allow_nan=False):
    """The one encoding of `value`, as bytes. Raises CborError for what has none."""
    buffer = bytearray()
    append(buffer, value, allow_nan)
    return bytes(buffer)


def append(buffer, value, allow_nan=False):
    """Append the one encoding of `value` to a bytearray. Raises CborError for what has none."""
    _Encoder(buffer, allow_nan).write(value, 0)


def decode(data, allow_nan=False):
    """The value that `data` (bytes-like) is the deterministic encoding of. Raises CborError.

    Takes one pass, does not recurse, and allocates only for bytes that are there.
    """
    decoder = _Decoder(data, allow_nan)
    value = decoder.read()
    if decoder.at != len(decoder.data):
        raise CborError("bytes after the end", decoder.at)
    return value


class _Encoder:
    """Appends items to one growing buffer. Recurses CBOR_DEPTH deep, and over our own values."""

    def __init__(self, buffer, allow_nan):
        self.buffer = buffer
        self.allow_nan = allow_nan

    def write(self, value, depth):
        """Append any value that lies inside `depth` containers."""
        # Booleans first: on CPython True is an int as well, on MicroPython it is not.
        if value is False or value is True or value is None:
            self.buffer.append(0xF6 if value is None else 0xF5 if value else 0xF4)
        elif isinstance(value, int):
            self._int(value)
        elif isinstance(value, str):
            self._text(value)
        elif isinstance(value, (bytes, bytearray)):
            self._head(_BYTES, len(value))
            self.buffer.extend(value)
        elif isinstance(value, float):
            self._float(value)
        else:
            self._container(value, depth + 1)

    def _head(self, major, argument):
        buffer = self.buffer
        if argument < 24:
            buffer.append(major << 5 | argument)
            return
        if argument >= _ENDLESS:
            raise CborError("integer beyond 64 bits", len(buffer))
        size, info = 1, 24
        while argument >> 8 * size:
            size += size
            info += 1
        buffer.append(major << 5 | info)
        for shift in range(8 * size - 8, -1, -8):
            buffer.append(argument >> shift & 0xFF)

    def _int(self, value):
        negative = value < 0
        self._head(_NEGATIVE if negative else _UNSIGNED, -1 - value if negative else value)

    def _text(self, value):
        try:
            raw = value.encode()
        except UnicodeError:
            raise CborError("text that is not Unicode", len(self.buffer))
        if not _is_utf8(raw, value):
            raise CborError("text that is not Unicode", len(self.buffer))
        self._head(_TEXT, len(raw))
        self.buffer.extend(raw)

    def _float(self, value):
        if value != value and not self.allow_nan:
            raise CborError("not a number", len(self.buffer))
        raw = _shortest(value)
        self.buffer.append(0xF9 + (len(raw) >> 2))
        self.buffer.extend(raw)

    def _container(self, value, depth):
        if depth > CBOR_DEPTH:
            raise CborError("nested too deep", len(self.buffer))
        if isinstance(value, (list, tuple)):
            self._head(_ARRAY, len(value))
            for item in value:
                self.write(item, depth)
        elif isinstance(value, dict):
            self._map(value, depth)
        elif isinstance(value, Tag):
            self._head(_TAG, value.number)
            self.write(value.value, depth)
        else:
            raise CborError("no encoding for " + type(value).__name__, len(self.buffer))

    def _map(self, value, depth):
        self._head(_MAP, len(value))
        # Bytewise order of encoded keys is numeric order as long as none is text or negative,
        # which is so in every message: those need no encoded copy of each key.
        unsigned = True
        for key in value:
            unsigned = unsigned and type(key) is int and key >= 0
        if unsigned:
            for key in sorted(value):
                self._head(_UNSIGNED, key)
                self.write(value[key], depth)
            return
        encoded = {}
        for key in value:
            encoded[self._encoded_key(key)] = key
        for raw in sorted(encoded):
            self.buffer.extend(raw)
            self.write(value[encoded[raw]], depth)

    def _encoded_key(self, key):
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise CborError("map key that is not int or str", len(self.buffer))
        return encode(key)


class _Decoder:
    """Reads one item. The containers still open, outermost first, are kept in columns."""

    def __init__(self, data, allow_nan):
        self.data = data
        self.allow_nan = allow_nan
        self.at = 0  # offset of the next byte
        self.holders = []  # the list, dict or Tag that is being filled
        self.lacking = []  # how many items it still lacks
        self.keys = []  # of a dict: the key whose value comes next
        self.marks = []  # of a dict: the offset of that key, which the next one must follow
        self.words = {}  # every text so far, so that one which comes again is kept once

    def read(self):
        """The value of the next item, with all that is in it."""
        while True:
            if self.holders and type(self.holders[-1]) is dict:
                self._key()
            value = self._item()
            while value is not _OPENED:
                if not self.holders:
                    return value
                value = self._place(value)

    def _place(self, value):
        """Put `value` into the innermost container. Returns that one if it is now full."""
        holder = self.holders[-1]
        if type(holder) is list:
            holder.append(value)
        elif type(holder) is dict:
            holder[self.keys[-1]] = value
        else:
            holder.value = value
        self.lacking[-1] -= 1
        if self.lacking[-1]:
            return _OPENED
        self.lacking.pop()
        self.keys.pop()
        self.marks.pop()
        return self.holders.pop()

    def _key(self):
        start = self.at
        if start < len(self.data) and self.data[start] >> 5 not in _KEY_MAJORS:
            raise CborError("map key that is not int or str", start)
        self.keys[-1] = self._item()
        if self.marks[-1] is not None and not self._follows(start, self.marks[-1]):
            raise CborError("map key twice or out of order", start)
        self.marks[-1] = start

    def _follows(self, start, mark):
        """Whether the key from `start` to here comes after the one at `mark`, bytewise."""
        data = self.data
        if data[start] != data[mark]:
            return data[start] > data[mark]
        # No encoded key is the beginning of another one, so the length of either will do.
        return bytes(data[start : self.at]) > bytes(data[mark : mark + self.at - start])

    def _item(self):
        """The next scalar or empty container; _OPENED if a container was begun."""
        start = self.at
        if start >= len(self.data):
            raise CborError("ends too early", start)
        initial = self.data[start]
        self.at = start + 1
        major = initial >> 5
        if major == _SIMPLE:
            return self._simple(initial & 31)
        argument = initial & 31
        if argument > 23:
            argument = self._argument(argument)
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _BYTES:
            return self._take(argument)
        if major == _TEXT:
            return self._text(argument)
        return self._open(major, argument, start)

    def _argument(self, info):
        if info > 27:
            raise CborError("indefinite or reserved length", self.at - 1)
        start = self._skip(1 << info - 24)
        argument = 0
        for index in range(start, self.at):
            argument = argument << 8 | self.data[index]
        if argument < _LEAST[info - 24]:
            raise CborError("not the shortest form", start - 1)
        return argument

    def _skip(self, size):
        """Step over `size` bytes, if they are there, and return where they start."""
        start = self.at
        if size > len(self.data) - start:
            raise CborError("ends too early", start)
        self.at = start + size
        return start

    def _take(self, size):
        start = self._skip(size)
        data = self.data[start : self.at]
        return data if isinstance(data, bytes) else bytes(data)

    def _text(self, size):
        start = self.at
        raw = self._take(size)
        try:
            text = str(raw, "utf-8")
        except UnicodeError:
            raise CborError("text that is not UTF-8", start)
        if not _is_utf8(raw, text):
            raise CborError("text that is not UTF-8", start)
        return self.words.setdefault(text, text)

    def _open(self, major, count, start):
        if len(self.holders) >= CBOR_DEPTH:
            raise CborError("nested too deep", start)
        least = count  # bytes that the items take at the very least
        if major == _ARRAY:
            holder = []
        elif major == _MAP:
            holder, least = {}, 2 * count
        else:
            holder, count, least = Tag(count, None), 1, 1
        if least > len(self.data) - self.at:
            raise CborError("ends too early", start)
        if count == 0:
            return holder
        self.holders.append(holder)
        self.lacking.append(count)
        self.keys.append(None)
        self.marks.append(None)
        return _OPENED

    def _simple(self, info):
        start = self.at - 1
        if info == 20 or info == 21:
            return info == 21
        if info == 22:
            return None
        if info < 25 or info > 27:
            raise CborError("simple value without meaning", start)
        raw = self._take(1 << info - 24)
        value = struct.unpack(_FLOAT_FORMATS[info - 25], raw)[0]
        if value != value and not self.allow_nan:
            raise CborError("not a number", start)
        if not _is_shortest(raw, value):
            raise CborError("not the shortest form", start)
        return value


def _is_utf8(raw, text):
    """Whether `raw` is UTF-8 (RFC 3629), given what the runtime decoded it to.

    MicroPython takes overlong forms, surrogates and codes above U+10FFFF for text; CPython raises.
    """
    if len(raw) == len(text):
        return True
    size = 0
    for character in text:
        code = ord(character)
        if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            return False
        size += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    return size == len(raw)


def _shortest(value):
    """The 2, 4 or 8 bytes of the shortest IEEE 754 form that keeps `value` (RFC 8949 §4.2.2)."""
    if value != value:
        return _NAN
    try:
        raw = struct.pack(">f", value)
    except OverflowError:
        return struct.pack(">d", value)
    if struct.unpack(">f", raw)[0] != value:
        return struct.pack(">d", value)
    half = _half(int.from_bytes(raw, "big"))
    return raw if half < 0 else half.to_bytes(2, "big")


def _is_shortest(raw, value):
    """Whether `raw`, which decodes to `value`, is the shortest form of what its sender encoded."""
    if value == value and len(raw) == 8 and struct.pack(">d", value) != raw:
        # This runtime's floats are single precision and rounded it: no shorter form kept it.
        return True
    return _shortest(value) == raw


def _half(bits):
    """The binary16 bits for binary32 `bits`, or -1 if binary16 cannot hold that number.

    By hand because MicroPython 1.29 packs ">e" wrongly: its larger subnormals lose or double
    their fraction, and numbers beyond 65504 become NaN.
    """
    sign = bits >> 16 & 0x8000
    exponent = (bits >> 23 & 0xFF) - 112  # the bias goes from 127 to 15
    fraction = bits & 0x7FFFFF
    if exponent == -112 and fraction == 0:
        return sign
    if exponent == 143 and fraction == 0:
        return sign | 0x7C00
    lost = 13
    if exponent < 1:
        lost, exponent, fraction = 14 - exponent, 0, fraction | 0x800000
    if exponent > 30 or fraction & ((1 << lost) - 1):
        return -1
    return sign | exponent << 10 | fraction >> lost
