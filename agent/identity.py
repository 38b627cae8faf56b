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
        self._private_key = private_key
        self._signer = signer

    def sign(self, message):
        """Return the 64-byte signature of the thing under message."""
        return self._signer.sign(self._private_key, message)

    def verifier(self, public_key):
        """Return verify(message, signature) -> bool for one public key (64 bytes)."""
        def verify(message, signature):
            return self._signer.verify(public_key, message, signature)

        return verify
