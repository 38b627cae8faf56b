"""Who the thing is: its name, its keys and the owner it trusts.

Made on the thing at provisioning and handed to the agent; nothing in here is ever printed.  The
signer is a port with `public_key(private)`, `sign(private, message)` and
`verify(public, message, signature)`: agent/wire/p256.py on MicroPython, the cryptography package
on Linux, a secure element where a board has one.
"""

import hashlib

from agent.wire import cbor, cose


class Unproved(Exception):
    """A signature is to be verified first, in slices; holds what `verify` wants."""


def slowly(port, verb, *arguments):
    """Return what `verb` of a signer gives, a generator that pauses after what takes about a
    fortieth of the time of a verification; a signer that does not know how to pause is quick."""
    slow = getattr(port, verb + "_slowly", None)
    if slow is None:
        return getattr(port, verb)(*arguments)
    return (yield from slow(*arguments))


class Identity:
    """thing: id; root_key, private_key: 32 bytes; owner_key: 64 bytes or None.

    public_key: 64 bytes; computed when not given, which takes a second on a small chip.
    """

    def __init__(self, thing, root_key, private_key, owner_key, signer, public_key=None):
        self.thing = thing
        self.root_key = root_key
        self.owner_key = owner_key
        self.public_key = public_key or signer.public_key(private_key)
        self.kid = hashlib.sha256(self.public_key).digest()[:4]
        self.signer = signer
        self.private_key = private_key
        self._patient = False  # what is not proved yet is to be proved in slices
        self._proved = None, False

    def sign(self, message):
        """Return the 64-byte signature of the thing under message."""
        return self.signer.sign(self.private_key, message)

    def signed(self, content):
        """Return a document of the thing: a map, encoded and signed."""
        return cose.sign1_seal(self.sign, self.kid, cbor.encode(content))

    def prove(self, message):
        """Return whether what it signs can be verified, a generator that pauses."""
        signature = yield from slowly(self.signer, "sign", self.private_key, message)
        return (yield from slowly(self.signer, "verify", self.public_key, message, signature))

    def acting(self, act, *arguments):
        """Return what `act` returns, a generator that pauses while a signature is verified for it.

        It is begun anew then, so it must change nothing before it has verified.
        """
        self._patient = True
        try:
            return act(*arguments)
        except Unproved as doubt:
            claim = doubt.args
        finally:
            self._patient = False
        self._proved = claim, (yield from slowly(self.signer, "verify", *claim))
        try:
            return act(*arguments)
        finally:
            self._proved = None, False

    def verifier(self, public_key):
        """Return verify(message, signature) -> bool for one public key (64 bytes)."""
        def verify(*signed):
            claim = (public_key,) + signed
            if self._proved[0] == claim:
                return self._proved[1]
            if self._patient:
                raise Unproved(*claim)
            return self.signer.verify(*claim)

        return verify
