"""Who the thing is: its name, its keys and the owner it trusts.

Made on the thing at provisioning and handed to the agent; nothing in here is ever printed.  The
signer is a port with `public_key(private)`, `sign(private, message)` and
`verify(public, message, signature)`: agent/wire/p256.py on MicroPython, the cryptography package
on Linux, a secure element where a board has one.
"""

import hashlib


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
        self._private_key = private_key
        self._verified = None  # by slowly, so that it need not be done again

    def sign(self, message):
        """Return the 64-byte signature of the thing under message."""
        return self.signer.sign(self._private_key, message)

    def prove(self, slowly, message):
        """Sign and verify by slowly(signer, verb, ...), a generator; whether that fits."""
        signature = yield from slowly(self.signer, "sign", self._private_key, message)
        return (yield from slowly(self.signer, "verify", self.public_key, message, signature))

    def verify_ahead(self, slowly, public_key, message, signature):
        """Verify by slowly(signer, verb, ...), a generator, what is to be verified at once then."""
        if (yield from slowly(self.signer, "verify", public_key, message, signature)):
            self._verified = public_key, message, signature

    def verifier(self, public_key):
        """Return verify(message, signature) -> bool for one public key (64 bytes)."""
        def verify(message, signature):
            if self._verified == (public_key, message, signature):
                return True
            return self.signer.verify(public_key, message, signature)

        return verify
