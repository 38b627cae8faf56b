"""Runs on both runtimes: says what the codec and P-256 make of a file of cases, one line each.

Arguments: `cbor` or `p256`, and a file of cases. A case is fields, each a two-byte length and as
many bytes; they are read one at a time, so that the file may be larger than the heap. A case of
`cbor` is the data to decode, one of `p256` the public key, the message and the signature.
"""

import sys
from binascii import hexlify

from agent.wire import p256
from agent.wire.cbor import CborError, decode, encode

FIELDS = {"cbor": 1, "p256": 3}


def judge_cbor(data):
    """The refusal, or what the decoded value encodes to again."""
    try:
        value = decode(data)
    except CborError as error:
        return str(error)
    return hexlify(encode(value)).decode()


def judge_p256(public, message, signature):
    """Whether the signature verifies."""
    return "valid" if p256.verify(public, message, signature) else "invalid"


def cases(file, fields):
    """The cases of an open file, as tuples of bytes."""
    while True:
        case = []
        for _ in range(fields):
            size = file.read(2)
            if not size:
                return
            case.append(file.read(int.from_bytes(size, "big")))
        yield tuple(case)


def main(kind, path):
    """Print one line per case."""
    judge = judge_cbor if kind == "cbor" else judge_p256
    with open(path, "rb") as file:
        for case in cases(file, FIELDS[kind]):
            print(judge(*case))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
