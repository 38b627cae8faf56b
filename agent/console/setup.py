"""Setting a thing up on its own console: keys, documents, settings, the owner's PIN.

A thing makes its keys itself. Its root key leaves it once, sealed for the one public key that
`provision export` was given, and never after `provision lock`; no command prints a secret. What
is saved is replaced whole, so a power cut leaves the old or the new.
"""

import binascii
import hashlib

from agent.console.grammar import CommandError, Pairs, Rows, one
from agent.product import Product, ProductError
from agent.wire import cbor, p256
from agent.wire.hkdf import hkdf_sha256, hmac_sha256

DOCUMENT_BYTES = 12 * 1024  # the largest product file, twice; collected in the heap
THING_CHARACTERS = 40
PIN_ROUNDS = 1000  # a tenth of a second on a small chip: guessing offline costs, a person waits not
PIN_LONGEST_WAIT_S = 3600
SEAL = b"steward/1 root key "
# Settings: most characters, least, whether it is a secret, what it is.
SETTINGS = {
    "wifi.name": (32, 1, False, "the network to join"),
    "wifi.password": (63, 8, True, "its password"),
    "time.server": (64, 1, False, "where the time is asked for before the first connection"),
}


def show(agent, words, at):
    """What has been provisioned; documents by the beginning of their SHA-256."""
    store = agent.ports.store
    keys = _identity(store) or {}
    pairs = [("thing", keys.get("thing")), ("public_key", _hex(keys.get("public_key"))),
             ("owner_key", _hex(keys.get("owner_key")))]
    for name in sorted(DOCUMENTS):
        data = store.load(name)
        pairs.append((name, None if data is None else _hex(hashlib.sha256(data).digest()[:8])))
    return Pairs(pairs + [("locked", _locked(store))])


def make_keys(agent, words, at):
    store, entropy = _open(agent), agent.ports.entropy
    anew = words[1:] == ["anew"]
    thing = one(words[:1] if anew else words, "the thing's id")
    if len(thing) > THING_CHARACTERS or any([sign in thing for sign in "/+#"]):
        raise CommandError("%r: an id has at most %d characters, none of them / + #"
                           % (thing, THING_CHARACTERS))
    if _identity(store) and not anew:
        raise CommandError("there are keys already; `provision keys %s anew` forgets them" % thing)
    private, public = _key_pair(agent.ports.signer, entropy)
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


def put(agent, words, at):
    """put NAME k/n HEX: one part of a document; the last one has it checked and saved."""
    store, parts = _open(agent), agent.ports.parts
    if len(words) != 3 or words[0] not in DOCUMENTS:
        raise CommandError("put %s, part/parts, hexadecimal" % "|".join(sorted(DOCUMENTS)))
    name, place, data = words[0], words[1].split("/"), _bytes(words[2], "the part")
    if len(place) != 2 or not (place[0].isdigit() and place[1].isdigit()):
        raise CommandError("%r is not part/parts" % words[1])
    number, count = int(place[0]), int(place[1])
    if number == 1:
        parts[name] = []
    so_far = parts.get(name, [])
    if number != len(so_far) + 1 or number > count:
        raise CommandError("part %d was expected, not %s" % (len(so_far) + 1, words[1]))
    if sum([len(part) for part in so_far]) + len(data) > DOCUMENT_BYTES:
        raise CommandError("a document has at most %d bytes" % DOCUMENT_BYTES)
    so_far.append(data)
    if number < count:
        return "part %s" % words[1]
    del parts[name]
    document = b"".join(so_far)
    DOCUMENTS[name](document)
    store.save(name, document)
    return Pairs([("name", name), ("bytes", len(document)),
                  ("digest", _hex(hashlib.sha256(document).digest()[:8]))])


def export(agent, words, at):
    """The root key for the holder of one private key: ECDH with a key of this moment, HKDF-SHA256,
    a pad that is used once, HMAC-SHA256 over it."""
    record = _made(_open(agent))
    recipient = _public_key(one(words, "the public key of whom it is for"))
    private, public = _key_pair(p256, agent.ports.entropy)
    secret = p256.shared(private, recipient)
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


def _product(data):
    try:
        Product(data)
    except ProductError as error:
        raise CommandError(str(error))


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


DOCUMENTS = {"product": _product, "board": _board, "link": _link}
PROVISION = {"keys": make_keys, "owner": pair_owner, "put": put, "export": export, "lock": lock}


def _provision(agent, words, at):
    return _verb("provision", PROVISION, show, agent, words, at)


# -- settings ----------------------------------------------------------------------------------


def _config(agent, words, at):
    return _verb("config", CONFIG, get, agent, words, at)


def get(agent, words, at):
    names = [_setting(one(words, "a setting"))] if words else sorted(SETTINGS)
    held = settings(agent.ports.store)
    return Rows(("setting", "value", "is"),
                [[name, _shown(name, held), SETTINGS[name][3]] for name in names])


def set_one(agent, words, at):
    """Into the draft; values with odd blanks, or a semicolon, as hex:..."""
    if len(words) < 2:
        raise CommandError("config set NAME VALUE")
    name = _setting(words[0])
    value = " ".join(words[1:])
    if value.startswith("hex:"):
        try:
            value = _bytes(value[4:], name).decode()
        except UnicodeError:
            raise CommandError("%s: not text" % name)
    most, least = SETTINGS[name][:2]
    if not least <= len(value.encode()) <= most:
        raise CommandError("%s: %d to %d characters" % (name, least, most))
    _draft(agent)[name] = value
    return "%s will be %s" % (name, _shown(name, agent.ports.draft))


def diff(agent, words, at):
    now, then = settings(agent.ports.store), _draft(agent)
    return Rows(("setting", "now", "then"), [
        [name, _shown(name, now), _changed(name, now, then)]
        for name in sorted(SETTINGS) if now.get(name) != then.get(name)], "nothing would change")


def apply(agent, words, at):
    """All of the draft or nothing; what was in force before is kept for `config undo`."""
    store = agent.ports.store
    now, then = settings(store), _draft(agent)
    agent.ports.draft = None
    if now == then:
        return "nothing to change"
    store.save("config.last", cbor.encode(now))
    store.save("config", cbor.encode(then))
    return "applied; it holds from the next restart"


def reset(agent, words, at):
    if words:
        _draft(agent).pop(_setting(one(words, "a setting")), None)
    else:
        agent.ports.draft = {}
    return "in the draft; `config apply` makes it so"


def undo(agent, words, at):
    agent.ports.draft = settings(agent.ports.store, "config.last")
    return apply(agent, words, at)


CONFIG = {"get": get, "set": set_one, "diff": diff, "apply": apply, "reset": reset, "undo": undo}


def settings(store, name="config"):
    """The settings in force, or those before them; a damaged file counts as none."""
    data = store.load(name)
    try:
        found = cbor.decode(data) if data else {}
    except cbor.CborError:
        return {}
    return found if isinstance(found, dict) else {}


def _draft(agent):
    if agent.ports.draft is None:
        agent.ports.draft = settings(agent.ports.store)
    return agent.ports.draft


def _setting(name):
    if name not in SETTINGS:
        raise CommandError("%r is no setting; there are %s" % (name, ", ".join(sorted(SETTINGS))))
    return name


def _shown(name, held):
    return "(kept secret)" if name in held and SETTINGS[name][2] else held.get(name)


def _changed(name, now, then):
    other = name in now and name in then and SETTINGS[name][2]
    return "(another)" if other else _shown(name, then)


# -- the owner's PIN ---------------------------------------------------------------------------


def _pin(agent, words, at):
    return _verb("pin", PIN, _pin_state, agent, words, at)


def _pin_state(agent, words, at):
    record = _pin_record(agent.ports.store)
    return Pairs([("set", record is not None), ("wrong_tries", record[2] if record else 0),
                  ("locked", agent.ports.refuses("", at) is not None)])


def set_pin(agent, words, at):
    _unlocked(agent, at)
    pin = one(words, "the new PIN")
    if not 4 <= len(pin) <= 16:
        raise CommandError("a PIN has 4 to 16 characters")
    salt = agent.ports.entropy(16)
    agent.ports.store.save("pin", cbor.encode([salt, _slow(salt, pin), 0, 0]))
    agent.ports.unlocked_until = 0
    return "set, and locked"


def unlock(agent, words, at):
    """A try is counted in flash before it is judged, so no power cut gives one for nothing."""
    from agent.console.ports import UNLOCKED_S

    pin = one(words, "the PIN")
    record = _pin_record(agent.ports.store)
    if record is None:
        return "there is no PIN"
    salt, digest, tries, last = record
    wait = min(PIN_LONGEST_WAIT_S, 1 << min(tries, 12)) - (at - last) if tries else 0
    if wait > 0:
        raise CommandError("wait %d s after %d wrong PINs" % (wait, tries))
    agent.ports.store.save("pin", cbor.encode([salt, digest, tries + 1, at]))
    if _slow(salt, pin) != digest:
        raise CommandError("that is not the PIN")
    agent.ports.store.save("pin", cbor.encode([salt, digest, 0, 0]))
    agent.ports.unlocked_until = at + UNLOCKED_S
    return "unlocked for %d minutes" % (UNLOCKED_S // 60)


def lock_console(agent, words, at):
    agent.ports.unlocked_until = 0
    return "locked" if agent.ports.refuses("", at) else "there is no PIN"


PIN = {"set": set_pin, "unlock": unlock, "lock": lock_console}


def _unlocked(agent, at):
    refusal = agent.ports.refuses("", at)
    if refusal:
        raise CommandError(refusal)


def _pin_record(store):
    data = store.load("pin")
    return cbor.decode(data) if data else None


def _slow(salt, pin):
    digest = salt + pin.encode()
    for _ in range(PIN_ROUNDS):
        digest = hashlib.sha256(salt + digest).digest()
    return digest


# -- the rest ----------------------------------------------------------------------------------


def _crash(agent, words, at):
    """What ended an earlier start, and why the last ones began."""
    data = agent.ports.store.load("crash")
    return data.decode() if data else "it has not crashed"


def _link_facts(agent, words, at):
    return Pairs(agent.ports.facts() or [("link", "this thing works alone")])


def _restart(agent, words, at):
    agent.ask("restart")
    return "restarting"


COMMANDS = {"provision": _provision, "config": _config, "pin": _pin, "crash": _crash,
            "link": _link_facts, "restart": _restart}


def _verb(word, verbs, usual, agent, words, at):
    if not words:
        return usual(agent, words, at)
    if words[0] not in verbs:
        raise CommandError("%s %r is not one of: %s" % (word, words[0], ", ".join(sorted(verbs))))
    return verbs[words[0]](agent, words[1:], at)


def _open(agent):
    """The store, unless the thing is locked."""
    if _locked(agent.ports.store):
        raise CommandError("locked: keys and documents can only be erased with everything else")
    return agent.ports.store


def _locked(store):
    return store.load("locked") is not None


def _identity(store):
    data = store.load("identity")
    return cbor.decode(data) if data else None


def _made(store):
    record = _identity(store)
    if record is None:
        raise CommandError("there are no keys yet: provision keys THING")
    return record


def _key_pair(signer, entropy):
    while True:
        private = entropy(32)
        try:
            return private, signer.public_key(private)
        except ValueError:
            continue  # not below the order: once in four billion


def _public_key(word):
    key = _bytes(word, "the key")
    if len(key) != 64 or not p256.on_curve(key):
        raise CommandError("a public key is 128 hexadecimal digits, X and Y of a point on P-256")
    return key


def _record(data, name):
    try:
        record = cbor.decode(data)
    except cbor.CborError as error:
        raise CommandError("%s: %s" % (name, error))
    if not isinstance(record, dict):
        raise CommandError("%s: not a map" % name)
    return record


def _bytes(word, what):
    try:
        return binascii.unhexlify(word)
    except ValueError:
        raise CommandError("%s is not hexadecimal" % what)


def _hex(data):
    return None if data is None else binascii.hexlify(data).decode()
