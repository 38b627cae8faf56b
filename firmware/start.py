"""Puts a thing together from what provisioning left in its store: what every main does alike.

Five named files, each deterministic CBOR with text keys: `product` and `board` as compiled by
boards/, `identity` {thing, root_key, private_key, public_key, ?owner_key}, and `link` {host, port,
ca, ?client: [certificate, key], ?next: a second one}; a thing without `link` works alone. `maker`
{key, floor} is whose releases are taken, from which number on.
"""

import os

from agent import loan
from agent.core import Agent
from agent.identity import Identity
from agent.product import Product
from agent.wire import cbor
from hal import HalError
from hal.wiring import wire

SLOTS = "/slots"  # in the folder of the store


class Unprovisioned(Exception):
    """A file that the thing cannot start without is not in its store; says which."""


class BrokenFile(Unprovisioned):
    """A file in the store is not what provisioning left there; says which, and what is wrong."""


def load(store, name):
    """The decoded file, or None. Raises BrokenFile."""
    data = _sound(store, name)
    return None if data is None else made(name, cbor.decode, data)


def spare(store, name):
    """The decoded file, or None where it is missing or damaged: what a thing can do without."""
    try:
        return load(store, name)
    except BrokenFile:
        return None


def _sound(store, name):
    try:
        return store.load(name)
    except HalError as error:
        if error.kind != "crc":
            raise
        raise BrokenFile("%s; `provision` shows what is there, `reset` makes room for it" % error)


def mend(store, tell):
    """Have damaged files mended where they can be, and tell which there were."""
    try:
        for name, sound in store.mend():
            ended = "was damaged, mended" if sound else "is damaged for good"
            tell("%s in the store %s" % (name, ended))
    except OSError as error:
        tell("flash: %s" % error)


def made(name, make, *arguments):
    """make(*arguments) out of the file of that name. Raises BrokenFile."""
    try:
        return make(*arguments)
    except (cbor.CborError, KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenFile("%s in the store is broken: %s: %s" % (name, type(error).__name__, error))


def needed(store, name):
    """The bytes of a file. Raises Unprovisioned."""
    data = _sound(store, name)
    if data is None:
        raise Unprovisioned("no %s in the store: this thing has not been provisioned" % name)
    return data


def start_agent(store, signer, entropy, cause):
    """The agent, replayed from the store. `cause`: why the device started, for the desk to see."""
    identity = made("identity", _identity, needed(store, "identity"), signer)
    product = made("product", Product, needed(store, "product"))
    board = load(store, "board") or {}
    release = board.get("board", ""), slots_record(store).get("number", 0)
    return Agent(product, identity, store, entropy, cause, release)


def _identity(data, signer):
    keys = cbor.decode(data)
    return Identity(
        keys["thing"],
        keys["root_key"],
        keys["private_key"],
        keys.get("owner_key"),
        signer,
        keys["public_key"],
    )


def start_sensors(store, agent, open_bus, find_driver=None):
    """The sensors of the board. Raises Unprovisioned, BrokenFile."""
    board = made("board", cbor.decode, needed(store, "board"))
    periods = [channel.period_s for channel in agent.product.channels]
    return made("board", wire, board, periods, open_bus, find_driver)


def start_updates(store, agent, runtime, low=None):
    """Have an agent take updates for a runtime, and go on with one that is under way.

    low: whether a battery has too little left for one, if there is a battery.
    """

    folder, board = store.directory + SLOTS, agent.release[0]
    # Nothing of this file, which a chip lets go of again (firmware/esp32/main.py).
    agent.slots = loan.later("firmware.slots", "of_store", store, folder, board, runtime, low)
    record = slots_record(store)
    if "stage" in record or "why" in record:
        agent.updater()


def ask_for_update(agent, why):
    """Tell the desk that this thing has need of a newer version, if there is an agent to do so."""
    if getattr(agent, "slots", None):
        agent.updater().ask(why)


def not_at_work(store, reason):
    """No agent could be put together: if that is a new version's fault, have the old one back.

    Returns whether to start anew for it.
    """
    from firmware import steward_boot

    record = slots_record(store)
    if record.get("stage") != steward_boot.TRYING or record.get("control"):
        return False
    steward_boot.back(record, reason)
    steward_boot.save(store.directory + SLOTS, record)
    return True


def slots_record(store):
    """What is kept of the slots; nothing is loaded for it in a thing that never had an update."""
    try:
        os.stat(store.directory + SLOTS + "/record")
    except OSError:
        return {}
    from firmware import steward_boot

    return steward_boot.load(store.directory + SLOTS)


def start_outputs(loop, store, open_bus, find_driver=None):
    """Have a loop switch what its board has for that, if it has an agent, and lend to remedies what
    they may switch or set up anew; returns the loop."""
    agent, board = loop.agent, spare(store, "board") or {}
    if not hasattr(agent, "cases"):
        return loop
    lent = loan.call("firmware.restart", "lent", board, agent) if agent.cases.try_first else []
    if lent:
        loop.effects["switch"] = loan.later("firmware.restart", "switch", loop, store)
    specs = board.get("outputs")
    if specs:
        try:
            from firmware import outputs

            loop.outputs = made("board", outputs.Outputs, specs, open_bus, find_driver)
            agent.ports.words["output"] = loop.outputs.command, outputs.HELP
            lent += loop.outputs.safe()
            loop.effects.setdefault("switch", loop.outputs.switch)
        except (BrokenFile, ImportError) as error:
            agent.tell("its outputs stay off: %s" % error)
    if (spare(store, "config") or {}).get("remedies.mode") != "ask":
        agent.switches = lent
    return loop


def start_ways(loop, store):
    """Have a loop try another way to the desk when it is told of one; returns the loop."""
    if loop.link is not None:
        loop.effects["turn"] = loan.later("firmware.ways", "begin", loop, store)
        if "next" in (spare(store, "link") or {}):
            from firmware import ways

            loop.ways = ways.Watch(loop, store)
    return loop


def start_link(store, agent, make, entropy, ticks):
    """The link, or None for a thing that works alone. `make` is a Link class of hal/.

    Raises BrokenFile.
    """
    where = load(store, "link")
    if where is None:
        return None
    return made("link", _link, where, agent.identity.thing, make, entropy, ticks)


def _link(where, thing, make, entropy, ticks):
    return make(
        where["host"], where["port"], thing, where["ca"], entropy, ticks, where.get("client")
    )
