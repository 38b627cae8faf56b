"""A whole thing on simulated parts, put together alike on MicroPython and on CPython.

`settings` come from sim/mpy/process.py: `plant` [host, port], `console` (a terminal), and
`provision`, a folder from which a thing without keys takes them, once.
"""

import os

from agent.wire import cbor
from firmware import start
from firmware.loop import Loop
from hal.console import Console
from hal.simulated.plant import Plant

FILES = ("product", "board", "link", "identity")  # the last one makes it whole


def provision(store, folder):
    """Copy what the host compiled and made; a cut in the middle leaves it to be done again."""
    if store.load("identity") is not None:
        return
    for name in sorted(os.listdir(folder), key=FILES.index):
        with open(folder + "/" + name, "rb") as file:
            store.save(name, file.read())


def reach_plant(where, store, ticks):
    """The plant, and (open_bus, find_driver) to it: a board of signals asks it for them; one that
    is wired for a real chip gets its real drivers, and simulated chips that ask the plant."""
    board = cbor.decode(start.needed(store, "board"))
    if board["chip"] == "simulated":
        signals = [sensor["args"]["signal"] for sensor in board["sensors"]]
        plant = Plant(where[0], where[1], signals, ticks)
        return plant, (None, plant.driver)
    from hal.simulated.bench import Bench

    product = cbor.decode(start.needed(store, "product"))
    names = [channel["name"] for channel in product["channels"]]
    plant = Plant(where[0], where[1], names, ticks)
    return plant, (Bench(board, names, plant.value, plant.uptime).open_bus, None)


def assemble(settings, store, signer, make_link, ticks, make_watchdog):
    """The loop of a provisioned store. make_watchdog(plant): is fed once a turn."""
    plant, ways = start.made("board", reach_plant, settings["plant"], store, ticks)
    agent = start.start_agent(store, signer, os.urandom, "power on")
    terminal = open(settings["console"], "r+b", 0)  # noqa: SIM115 - for as long as it lives
    console = Console(terminal, terminal.read, terminal.write)
    return Loop(
        agent,
        start.start_sensors(store, agent, *ways),
        plant,
        start.start_link(store, agent, make_link, os.urandom, ticks),
        [console],
        {"notify": console.write},
        make_watchdog(plant),
    )
