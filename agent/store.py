"""The journal: every durable fact of the thing, in the order in which it became true.

Rooms note records during a step; one step commits them as one transaction with one append, so a
power cut leaves all of a step or nothing of it.  A transaction is framed with a mark, its length
and a CRC-32: a torn tail is dropped, rot in the middle is found, set aside and counted.  The port
underneath (hal/store.py) knows blocks of bytes and nothing of records.

Torn is only what a cut append can leave: the beginning of one transaction, at the very end.
Nothing of a torn transaction was ever acted on; of a rotten one, everything may have been.
"""

import binascii
import struct

from agent import limits
from agent.wire import cbor

_MARK = b"\xa5S"
_HEAD = "<2sHI"
_HEAD_BYTES = 8


def _frame(transaction):
    """Return a transaction framed for the journal, in one piece from the start."""
    data = bytearray(_HEAD_BYTES)
    cbor.append(data, transaction)
    struct.pack_into(_HEAD, data, 0, _MARK, len(data) - _HEAD_BYTES,
                     _crc(memoryview(data)[_HEAD_BYTES:]))
    return data


def _framed(at, records):
    """Return records as one transaction, or as several in one append when one has no room.

    Only a flash that was full for long leaves so many; a reader takes no frame beyond the bound.
    """
    data = _frame([at] + records)
    if len(data) - _HEAD_BYTES <= limits.TRANSACTION_BYTES or len(records) == 1:
        return data
    half = len(records) // 2
    return _framed(at, records[:half]) + _framed(at, records[half:])


def _crc(data):
    return binascii.crc32(data) & 0xFFFFFFFF


class Reader:
    """Cuts blocks of bytes into transactions; sets aside and counts what is none."""

    def __init__(self, set_aside):
        self._set_aside = set_aside
        self._rest = bytearray()
        self._lost = 0  # bytes skipped since the last whole transaction
        self._cut_short = False  # what is skipped began as a transaction that ends too early
        self.rotten = 0  # bytes that no power cut explains
        self.torn = 0  # bytes of the transaction whose append was cut

    def payloads(self, blocks):
        """Yield the payload of every whole transaction in an iterable of blocks, as a view of it.

        It lasts until the next one: on a small heap a copy of a long one may find no room.
        """
        for block in blocks:
            self._rest.extend(block)
            yield from self._whole(False)
        yield from self._whole(True)
        left = self._lost + len(self._rest)
        if self._cut_short or (not self._lost and _MARK.startswith(bytes(self._rest[:2]))):
            self.torn = left
        else:
            self.rotten += left

    def _whole(self, ended):
        while len(self._rest) >= _HEAD_BYTES:
            mark, size, crc = struct.unpack(_HEAD, self._rest[:_HEAD_BYTES])
            end = _HEAD_BYTES + size
            plausible = mark == _MARK and size <= limits.TRANSACTION_BYTES
            if plausible and len(self._rest) < end and not ended:
                return
            payload = memoryview(self._rest)[_HEAD_BYTES:end]
            if plausible and len(payload) == size and _crc(payload) == crc:
                self.rotten += self._lost
                self._lost = 0
                self._cut_short = False
                yield payload
                self._rest = self._rest[end:]
            else:
                self._cut_short |= plausible and len(payload) < size and not self._lost
                self._skip()

    def _skip(self):
        """Move to the next mark; the last byte stays, for it may be the first of a mark."""
        rest = bytes(self._rest)
        following = rest.find(_MARK, 1)
        if following < 0:
            following = len(rest) - 1
        self._set_aside(rest[:following])
        self._lost += following
        self._rest = self._rest[following:]


class Journal:
    """Transactions over a store port."""

    def __init__(self, port):
        self.port = port
        self.size = 0
        self.rotten = 0
        self.torn = 0
        self.not_kept = 0  # rotten bytes for which there was no room
        self._open = []

    def note(self, record):
        """Add a record to the open transaction."""
        self._open.append(record)

    def transactions(self):
        """Yield every committed transaction: [age, record, ...]."""
        reader = Reader(self._set_aside)
        size = 0
        for payload in reader.payloads(self.port.blocks()):
            size += _HEAD_BYTES + len(payload)
            try:
                yield cbor.decode(payload)
            except cbor.CborError:
                reader.rotten += len(payload)
        self.size, self.torn = size, reader.torn
        self.rotten = max(self.rotten, reader.rotten)  # what was mended since boot still counts

    def _set_aside(self, data):
        """Keep rotten bytes for a person to look at, if the flash still takes them."""
        try:
            self.port.quarantine(data)
        except OSError:
            self.not_kept += len(data)

    def commit(self, at):
        """Make the open transaction durable; raises OSError and keeps it open if it cannot be."""
        if not self._open:
            return False
        data = _framed(at, self._open)
        self.port.append(data)
        self.size += len(data)
        self._open = []
        return True

    def outgrown(self):
        return self.size > limits.JOURNAL_BYTES

    def rewrite(self, at, records):
        """Replace the whole journal by the records (an iterable), atomically."""
        size = 0

        def framed():
            nonlocal size
            for record in records:
                data = _frame([at, record])
                size += len(data)
                yield data

        self.port.replace(framed())
        self.size = size
