"""cbor2 in the place of the agent's own CBOR, for searches that would take hours with it.

Both write the same bytes (tests/test_wire_cbor.py), and a schedule's digest is the same with either
(tests/test_money_schedules.py).
"""

import contextlib

import cbor2

from agent.wire import cbor, cose


def encode(value):
    return cbor2.dumps(value, canonical=True, default=_tag)


def decode(data):
    try:
        return cbor2.loads(data, tag_hook=lambda decoder, tag: cbor.Tag(tag.tag, tag.value))
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:  # the last: a tag as a key
        raise cbor.CborError(str(error), 0) from error


def _tag(encoder, value):
    encoder.encode(cbor2.CBORTag(value.number, value.value))


@contextlib.contextmanager
def installed():
    """The agent reads and writes with cbor2."""
    own = cbor.encode, cbor.decode
    try:
        cbor.encode, cbor.decode = cose.encode, cose.decode = encode, decode
        yield
    finally:
        cbor.encode, cbor.decode = cose.encode, cose.decode = own
