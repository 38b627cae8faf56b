"""The owner's PIN on the thing's own console: set, given, asked for again, slow to guess.

It keeps a passer-by from buying; whoever can take the flash out reads what is in it.
"""

import hashlib

from agent.console.grammar import CommandError, Pairs, one, verb
from agent.wire import cbor

PIN_ROUNDS = 1000  # a few tenths of a second on a small chip, which nobody notices but who guesses
SLICE = 50  # rounds between two pauses
PIN_LONGEST_WAIT_S = 3600
UNLOCKED_S = 900


def pin(agent, words, at):
    return verb("pin", PIN, _pin_state, agent, words, at)


def _pin_state(agent, words, at):
    record = _pin_record(agent.ports.store)
    return Pairs([("set", record is not None), ("wrong_tries", record[2] if record else 0),
                  ("locked", agent.ports.refuses("", at) is not None)])


def set_pin(agent, words, at):
    refusal = agent.ports.refuses("", at)
    if refusal:
        raise CommandError(refusal)
    pin = one(words, "the new PIN")
    if not 4 <= len(pin) <= 16:
        raise CommandError("a PIN has 4 to 16 characters")
    salt = agent.ports.entropy(16)
    digest = yield from _slow(salt, pin)
    agent.ports.store.save("pin", cbor.encode([salt, digest, 0, 0]))
    agent.ports.unlocked_until = 0
    return "set, and locked"


def unlock(agent, words, at):
    """A try is counted in flash before it is judged, so no power cut gives one for nothing."""
    pin = one(words, "the owner's PIN")
    record = _pin_record(agent.ports.store)
    if record is None:
        return "there is no PIN"
    salt, digest, tries, last = record
    since = at - last if at >= last else at  # without an agent there is uptime in place of the age
    wait = min(PIN_LONGEST_WAIT_S, 1 << min(tries, 12)) - since if tries else 0
    if wait > 0:
        raise CommandError("wait %d s after %d wrong PINs" % (wait, tries))
    agent.ports.store.save("pin", cbor.encode([salt, digest, tries + 1, at]))
    if (yield from _slow(salt, pin)) != digest:
        raise CommandError("that is not the PIN")
    agent.ports.store.save("pin", cbor.encode([salt, digest, 0, 0]))
    agent.ports.unlocked_until = at + UNLOCKED_S
    return "unlocked for %d minutes" % (UNLOCKED_S // 60)


def lock_console(agent, words, at):
    agent.ports.unlocked_until = 0
    return "locked" if agent.ports.refuses("", at) else "there is no PIN"


PIN = {"set": set_pin, "unlock": unlock, "lock": lock_console}


def _pin_record(store):
    data = store.load("pin")
    return cbor.decode(data) if data else None


def _slow(salt, pin):
    digest = salt + pin.encode()
    for count in range(PIN_ROUNDS):
        if not count % SLICE:
            yield
        digest = hashlib.sha256(salt + digest).digest()
    return digest
