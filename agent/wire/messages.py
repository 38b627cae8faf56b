"""The words of the wire: every integer that wire.cddl gives a meaning to.

Keys are written `KIND_FIELD`; a test reads wire.cddl and fails when the two disagree.  The
functions below only wrap and unwrap frames; what a message means is the business of its room.
"""

import hashlib

from agent import limits
from agent.wire import cbor, cose, hkdf
from agent.wire.cbor import MessageError

VERSION = 1
UP, DOWN = "up", "down"

# Payload envelope.
SEQ, KIND, ID, AT, UTC, BODY = 1, 2, 3, 4, 5, 6

# Kinds, upwards.
HELLO, HEALTH, FINDING, RFQ, ORDER, ORDER_EVENT, CASE = 1, 2, 3, 4, 5, 6, 7
CASE_EVENT, DISPUTE, EXPERIENCE, UP_ACK, REPLY, USAGE, SHED = 8, 9, 10, 11, 12, 13, 14
REJECTION, QUESTION, UPDATE, FETCH, FAREWELL = 15, 16, 17, 18, 19

# Kinds, downwards.
DOWN_ACK, OFFER, ORDER_STATUS, CASE_STATUS, MANDATE, EXEC = 1, 2, 3, 4, 5, 6
NOTICE, CONFIG, MANIFEST, RECONCILE, DECLINE, APPROVAL = 7, 8, 9, 10, 11, 12
PIECE = 13

ACCEPTED, EXISTS, REFUSED = 0, 1, 2


class Channel:
    """One direction of the wire between a thing and its desk: keys, seal and open.

    root_key: 32 bytes; thing: its id; direction: UP or DOWN.
    """

    def __init__(self, root_key, thing, direction):
        self.kid = hashlib.sha256(root_key).digest()[:4]
        info = b"steward/1 " + direction.encode() + b" " + thing.encode()
        self._key = hkdf.hkdf_sha256(root_key, b"", info, 32)
        self._aad = cbor.encode([direction, thing, VERSION])

    def seal(self, seq, kind, identifier, at, utc, body):
        """Return the frame (bytes) around an encoded body; utc may be None (unknown).

        The body's key is the highest, so it may be appended as it is to the map of the others.
        """
        envelope = {SEQ: seq, KIND: kind, ID: identifier, AT: at}
        if utc is not None:
            envelope[UTC] = utc
        head = cbor.encode(envelope)
        payload = bytes([head[0] + 1]) + head[1:] + bytes([BODY]) + body
        return cose.mac0_seal(self._key, self.kid, payload, self._aad)

    def open(self, frame):
        """Return the payload map of a frame.

        Raises MessageError for anything not sealed with this direction's key.
        """
        if len(frame) > limits.FRAME_BYTES:
            raise MessageError("frame of %d bytes, at most %d" % (len(frame), limits.FRAME_BYTES))
        kid, payload = cose.mac0_open(self._key, frame, self._aad)
        content = cbor.decode(payload)
        if kid != self.kid:
            raise MessageError("key id is not this thing's")
        if not isinstance(content, dict):
            raise MessageError("payload is not a map")
        for key in (SEQ, KIND, ID, AT):
            natural(content, key)
        if not isinstance(content.get(BODY), dict):
            raise MessageError("key 6 must be a map")
        return content


def natural(body, key, most=0xFFFFFFFFFFFF):
    """Return body[key], an integer in 0..most, or raise MessageError."""
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise MessageError("key %d must be an integer in 0..%d" % (key, most))
    return value


def text(body, key, most=limits.TEXT_CHARACTERS):
    """Return body[key], a string of at most `most` characters, or raise MessageError."""
    value = body.get(key)
    if not isinstance(value, str) or len(value) > most:
        raise MessageError("key %d must be a text of at most %d characters" % (key, most))
    return value


def octets(body, key, size=None):
    """Return body[key], bytes (of the given size, if one is given), or raise MessageError."""
    value = body.get(key)
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise MessageError("key %d must be %s bytes" % (key, "some" if size is None else size))
    return value


def items(body, key):
    """Return body[key], a list of no more items than any message has, or raise MessageError."""
    value = body.get(key)
    if not isinstance(value, list) or len(value) > limits.LIST_ITEMS:
        raise MessageError("key %d must be a list of at most %d items" % (key, limits.LIST_ITEMS))
    return value
