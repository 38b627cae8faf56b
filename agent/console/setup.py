"""Provisioning on the thing's own console: its keys, its owner, its documents.

A thing makes its keys itself. Its root key leaves it once, sealed for the one public key that
`provision export` was given, and never after `provision lock`; no command prints a secret. What
is saved is replaced whole, so a power cut leaves the old or the new.
"""

import binascii
import hashlib

from agent.console import parts
from agent.console.grammar import CommandError, Pairs, natural, one, verb
from agent.identity import slowly
from agent.product import Product
from agent.wire import cbor, p256
from agent.wire.hkdf import hkdf_sha256, hmac_sha256

DOCUMENT_BYTES = 12 * 1024  # the largest product file, twice; collected in the heap
THING_CHARACTERS = 40
SEAL = b"steward/1 root key "


def show(agent, words, at):
    """What has been provisioned; documents by the beginning of their SHA-256."""
    store = agent.ports.store
    damaged = store.damaged()
    keys = {} if "identity" in damaged else identity(store) or {}
    pairs = [("thing", keys.get("thing")), ("public_key", _hex(keys.get("public_key"))),
             ("owner_key", _hex(keys.get("owner_key")))]
    maker = None if "maker" in damaged else store.load("maker")
    pairs.append(("maker_key", _hex(cbor.decode(maker)["key"]) if maker else None))
    for name in sorted(DOCUMENTS):
        data = None if name in damaged else store.load(name)
        pairs.append((name, None if data is None else _hex(hashlib.sha256(data).digest()[:8])))
    return Pairs(pairs + [("locked", _locked(store)), ("damaged", " ".join(damaged) or None)])


def make_keys(agent, words, at):
    store, entropy = _open(agent), agent.ports.entropy
    anew = words[1:] == ["anew"]
    thing = one(words[:1] if anew else words, "the thing's id")
    if len(thing) > THING_CHARACTERS or any(sign < "!" or sign in "/+#" for sign in thing):
        raise CommandError("%r: an id has at most %d characters, none of them / + #"
                           % (thing, THING_CHARACTERS))
    if not anew and identity(store):
        raise CommandError("there are keys already; `provision keys %s anew` forgets them" % thing)
    private, public = yield from _key_pair(agent.ports.signer, entropy)
    record = {"thing": thing, "root_key": entropy(32), "private_key": private,
              "public_key": public}
    store.save("identity", cbor.encode(record))
    return Pairs([("thing", thing), ("public_key", _hex(public))])


def pair_owner(agent, words, at):
    store = _open(agent)
    key = _public_key(one(words, "the owner's public key"))
    record = _made(store)
    record["owner_key"] = key
    store.save("identity", cbor.encode(record))
    return Pairs([("owner_key", _hex(key))])


def pair_maker(agent, words, at):
    """maker KEY [FLOOR]: whose releases are taken, and above which number."""
    store = _open(agent)
    floor = natural(words[1]) if words[1:] else 0
    if floor < 0:
        raise CommandError("%r is no number of a release" % words[1])
    key = _public_key(one(words[:1] + words[2:], "the maker's public key"))
    store.save("maker", cbor.encode({"key": key, "floor": floor}))
    return Pairs([("maker_key", _hex(key)), ("floor", floor)])


def put(agent, words, at):
    """put NAME k/n HEX: one part of a document; the last one has it checked and saved."""
    store = _open(agent)
    if not words or words[0] not in DOCUMENTS:
        raise CommandError("put %s, part/parts, hexadecimal" % "|".join(sorted(DOCUMENTS)))
    name = words[0]
    document = parts.take(agent, name, words[1:], DOCUMENT_BYTES)
    if document is None:
        return "part %s" % words[1]
    DOCUMENTS[name](document)
    store.save(name, document)
    return Pairs([("name", name), ("bytes", len(document)),
                  ("digest", _hex(hashlib.sha256(document).digest()[:8]))])


def export(agent, words, at):
    """The root key for the holder of one private key: ECDH with a key of this moment, HKDF-SHA256,
    a pad that is used once, HMAC-SHA256 over it."""
    record = _made(_open(agent))
    recipient = _public_key(one(words, "the public key of whom it is for"))
    private, public = yield from _key_pair(p256, agent.ports.entropy)
    secret = yield from p256.shared_slowly(private, recipient)
    info = SEAL + record["thing"].encode()
    keys = hkdf_sha256(secret, public + recipient + record["public_key"], info, 64)
    sealed = bytes([mine ^ pad for mine, pad in zip(record["root_key"], keys)])
    return Pairs([("thing", record["thing"]), ("public_key", _hex(record["public_key"])),
                  ("ephemeral", _hex(public)), ("sealed", _hex(sealed)),
                  ("tag", _hex(hmac_sha256(keys[32:], sealed)))])


def lock(agent, words, at):
    """From now on no key leaves and none is replaced, until everything is erased."""
    store = agent.ports.store
    _made(store)
    if not _locked(store):
        store.save("locked", b"1")
    return "locked"


def _board(data):
    record = _record(data, "board")
    if record.get("v") != 1 or not isinstance(record.get("sensors"), list):
        raise CommandError("board: not a board of version 1")


def _link(data):
    record = _record(data, "link")
    port = record.get("port")
    if not isinstance(record.get("host"), str) or not isinstance(record.get("ca"), bytes):
        raise CommandError("link: host, a text, and ca, a certificate, are needed")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise CommandError("link: port is 1 to 65535, not %r" % port)


DOCUMENTS = {"product": Product, "board": _board, "link": _link}
PROVISION = {"keys": make_keys, "owner": pair_owner, "maker": pair_maker, "put": put,
             "export": export, "lock": lock}


def provision(agent, words, at):
    return verb("provision", PROVISION, show, agent, words, at)


def _open(agent):
    """The store, unless the thing is locked."""
    if _locked(agent.ports.store):
        raise CommandError("locked: keys and documents can only be erased with everything else")
    return agent.ports.store


def _locked(store):
    try:
        return store.load("locked") is not None
    except OSError:  # that it was is all that a damaged one says
        return True


def identity(store):
    """The record of keys, or None."""
    data = store.load("identity")
    return cbor.decode(data) if data else None


def _made(store):
    record = identity(store)
    if record is None:
        raise CommandError("there are no keys yet: provision keys THING")
    return record


def _key_pair(signer, entropy):
    while True:
        private = entropy(32)
        try:
            return private, (yield from slowly(signer, "public_key", private))
        except ValueError:
            continue  # not below the order: once in four billion


def _public_key(word):
    key = parts.unhex(word, "the public key")
    if len(key) != 64 or not p256.on_curve(key):
        raise CommandError("a public key is 128 hexadecimal digits, X and Y of a point on P-256")
    return key


def _record(data, name):
    record = cbor.decode(data)
    if not isinstance(record, dict):
        raise CommandError("%s: not a map" % name)
    return record


def _hex(data):
    return None if data is None else binascii.hexlify(data).decode()
