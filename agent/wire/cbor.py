"""Deterministic CBOR (RFC 8949 §4.2.1): one value has one encoding, on both runtimes.

The ledger hashes what is encoded here and frames are authenticated as bytes, so two encodings of
one value would be two truths. The decoder therefore takes nothing that `encode` would not have
written: lengths and numbers in their shortest form, map keys ascending by their encoded bytes,
nothing indefinite, nothing after the end.

Values: int (-2**64 .. 2**64-1), float, str, bytes, list (a tuple encodes as a list), dict with int
or str keys, True, False, None, and Tag. `undefined` and other simple values have no meaning here
and are refused. NaN is refused, because it slips through every range check written as
`value < low`; infinities compare like numbers and are left to those checks.
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
_ENDLESS = const(1 << 64)

# What the decoder hands itself for a container that has still to be filled.
_OPENED = object()


class MessageError(ValueError):
    """What a peer sent is not what it must be; says what is wrong with it, and where."""


class CborError(MessageError):
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


def encode(value):
    """The one encoding of `value`, as bytes. Raises CborError for what has none."""
    buffer = bytearray()
    append(buffer, value)
    return bytes(buffer)


def append(buffer, value, depth=0):
    """Append the one encoding of `value`, which lies inside `depth` containers, to a bytearray.

    Raises CborError for what has none. Recurses CBOR_DEPTH deep, and over our own values.
    """
    # Booleans first: on CPython True is an int as well, on MicroPython it is not.
    if value is False or value is True or value is None:
        buffer.append(0xF6 if value is None else 0xF5 if value else 0xF4)
    elif isinstance(value, int):
        _append_head(buffer, _NEGATIVE if value < 0 else _UNSIGNED, max(value, -1 - value))
    elif isinstance(value, str):
        _append_text(buffer, value)
    elif isinstance(value, (bytes, bytearray)):
        _append_head(buffer, _BYTES, len(value))
        buffer.extend(value)
    elif isinstance(value, float):
        raw = _shortest(value)
        if raw is None:
            raise CborError("not a number", len(buffer))
        buffer.append(0xF9 + (len(raw) >> 2))
        buffer.extend(raw)
    elif depth >= CBOR_DEPTH:
        raise CborError("nested too deep", len(buffer))
    elif isinstance(value, (list, tuple)):
        _append_head(buffer, _ARRAY, len(value))
        for item in value:
            append(buffer, item, depth + 1)
    elif isinstance(value, dict):
        _append_map(buffer, value, depth + 1)
    elif isinstance(value, Tag):
        _append_head(buffer, _TAG, value.number)
        append(buffer, value.value, depth + 1)
    else:
        raise CborError("no encoding for " + type(value).__name__, len(buffer))


def _append_head(buffer, major, argument):
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


def _append_text(buffer, value):
    try:
        raw = value.encode()
    except UnicodeError:
        raw = b""
    if not _is_utf8(raw, value):
        raise CborError("text that is not Unicode", len(buffer))
    _append_head(buffer, _TEXT, len(raw))
    buffer.extend(raw)


def _append_map(buffer, value, depth):
    _append_head(buffer, _MAP, len(value))
    # Bytewise order of encoded keys is numeric order as long as none is text or negative,
    # which is so in every message: those need no encoded copy of each key.
    unsigned = True
    for key in value:
        unsigned = unsigned and type(key) is int and key >= 0
    if unsigned:
        for key in sorted(value):
            _append_head(buffer, _UNSIGNED, key)
            append(buffer, value[key], depth)
        return
    encoded = {}
    for key in value:
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise CborError("map key that is not int or str", len(buffer))
        encoded[encode(key)] = key
    for raw in sorted(encoded):
        buffer.extend(raw)
        append(buffer, value[encoded[raw]], depth)


def decode(data):
    """The value that `data` (bytes-like) is the deterministic encoding of. Raises CborError.

    Takes one pass, does not recurse, and allocates only for bytes that are there.
    """
    decoder = _Decoder(data)
    value = decoder.read()
    if decoder.at != len(data):
        raise CborError("bytes after the end", decoder.at)
    return value


# Of a container that is still to be filled: the list, dict or Tag, how many items it still lacks;
# of a dict the key whose value comes next, and its offset, which the next one must follow.
_HOLDER, _LACKING, _KEY, _MARK = range(-4, 0)
_COLUMNS = const(4)


class _Decoder:
    """Reads one item. The containers still open, outermost first, are kept in four columns."""

    def __init__(self, data):
        self.data = data
        self.at = 0  # offset of the next byte
        self.open = []
        self.words = {}  # every text so far, so that one which comes again is kept once

    def read(self):
        """The value of the next item, with all that is in it."""
        while True:
            if self.open and type(self.open[_HOLDER]) is dict:
                self._key()
            value = self._item()
            while value is not _OPENED:
                if not self.open:
                    return value
                value = self._place(value)

    def _place(self, value):
        """Put `value` into the innermost container. Returns that one if it is now full."""
        holder = self.open[_HOLDER]
        if type(holder) is list:
            holder.append(value)
        elif type(holder) is dict:
            holder[self.open[_KEY]] = value
        else:
            holder.value = value
        self.open[_LACKING] -= 1
        if self.open[_LACKING]:
            return _OPENED
        del self.open[_HOLDER:]
        return holder

    def _key(self):
        data, start, mark = self.data, self.at, self.open[_MARK]
        if start < len(data) and data[start] >> 5 not in _KEY_MAJORS:
            raise CborError("map key that is not int or str", start)
        self.open[_KEY] = self._item()
        # Bytewise; no encoded key is the beginning of another one, so either's length will do.
        if mark is not None and data[start] <= data[mark] and (
                data[start] < data[mark]
                or bytes(data[start : self.at]) <= bytes(data[mark : mark + self.at - start])):
            raise CborError("map key twice or out of order", start)
        self.open[_MARK] = start

    def _item(self):
        """The next scalar or empty container; _OPENED if a container was begun."""
        start = self._skip(1)
        major, argument = self.data[start] >> 5, self.data[start] & 31
        if major == _SIMPLE:
            return self._simple(argument, start)
        if argument > 23:
            argument = self._argument(argument, start)
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _BYTES:
            return self._take(argument)
        if major == _TEXT:
            return self._text(argument)
        return self._begin(major, argument, start)

    def _argument(self, info, start):
        if info > 27:
            raise CborError("indefinite or reserved length", start)
        argument, first = 0, self._skip(1 << info - 24)
        for index in range(first, self.at):  # MicroPython finds the end of a range first
            argument = argument << 8 | self.data[index]
        if argument < _LEAST[info - 24]:
            raise CborError("not the shortest form", start)
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
            text = ""
        if not _is_utf8(raw, text):
            raise CborError("text that is not UTF-8", start)
        return self.words.setdefault(text, text)

    def _begin(self, major, count, start):
        if len(self.open) >= _COLUMNS * CBOR_DEPTH:
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
        self.open.extend((holder, count, None, None))
        return _OPENED

    def _simple(self, info, start):
        if info == 20 or info == 21:
            return info == 21
        if info == 22:
            return None
        if info < 25 or info > 27:
            raise CborError("simple value without meaning", start)
        raw = self._take(1 << info - 24)
        value = struct.unpack(_FLOAT_FORMATS[info - 25], raw)[0]
        if value != value:
            raise CborError("not a number", start)
        # A runtime whose floats are single precision rounded a double that no shorter form kept.
        if _shortest(value) != raw and (len(raw) < 8 or struct.pack(">d", value) == raw):
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
    """The 2, 4 or 8 bytes of the shortest IEEE 754 form that keeps `value` (RFC 8949 §4.2.2);
    None for what is not a number."""
    if value != value:
        return None
    try:
        raw = struct.pack(">f", value)
    except OverflowError:
        return struct.pack(">d", value)
    if struct.unpack(">f", raw)[0] != value:
        return struct.pack(">d", value)
    half = _half(int.from_bytes(raw, "big"))
    return raw if half < 0 else half.to_bytes(2, "big")


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
