"""Bytes in, values out: how the thing and the desk say things to each other and prove who did.

`cbor` is the one encoding, `cose` seals and signs what is encoded, `hkdf` and `p256` are the
cryptography below it, `messages` is the table of what can be said. All of it is pure: keys, time
and entropy come in as arguments, and what a peer sent can only raise a
MessageError.
Imports nothing of the agent but `agent.limits`.
"""
