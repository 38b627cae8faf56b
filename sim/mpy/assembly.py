"""A whole thing on simulated parts, put together alike on MicroPython and on CPython.

`settings` come from sim/mpy/process.py: `plant` [host, port], `console` (a terminal), and
`provision`, a folder from which a thing without keys takes them, once.
"""

import os

from agent.console.grammar import CommandError
from agent.console.ports import Ports
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
    outputs = [(each["name"], each.get("when") == "always") for each in board.get("outputs", ())]
    if board["chip"] == "simulated":
        signals = [sensor["args"]["signal"] for sensor in board["sensors"]]
        plant = Plant(where[0], where[1], signals, ticks, outputs)
        return plant, (no_bus, plant.driver)
    from hal.simulated.bench import Bench, outputs_at_rest

    product = cbor.decode(start.needed(store, "product"))
    names = [channel["name"] for channel in product["channels"]]
    plant = Plant(where[0], where[1], names, ticks, outputs_at_rest(board))
    return plant, (Bench(board, names, plant.value, plant.uptime, plant.switch).open_bus, None)


def no_bus(kind, ident, pins, hz):
    """Of a board on which every part is a signal of the plant: there are none."""


def assemble(settings, store, signer, make_link, ticks, make_watchdog):
    """The loop of a provisioned store. make_watchdog(plant): is fed once a turn."""
    plant, ways = start.made("board", reach_plant, settings["plant"], store, ticks)
    agent = start.start_agent(store, signer, os.urandom, "power on")
    terminal = open(settings["console"], "r+b", 0)  # noqa: SIM115 - for as long as it lives
    console = Console(terminal, terminal.read, terminal.write)
    sensors = start.start_sensors(store, agent, *ways)
    ports = agent.ports = Ports(store, signer, os.urandom)
    ports.sensors = sensors
    ports.words["inject"] = (injector(plant), "inject SIGNAL VALUE|off: instead of what is true")
    loop = Loop(
        agent,
        sensors,
        plant,
        start.start_link(store, agent, make_link, os.urandom, ticks),
        [console],
        {"notify": ports.tells(console.write, plant.uptime)},
        make_watchdog(plant),
    )
    return start.start_outputs(loop, store, *ways)


def injector(plant):
    """The console's word for untrue readings, which only a simulated thing has."""

    def inject(agent, words, at):
        if len(words) != 2 or words[0] not in plant.signals():
            raise CommandError("say: inject SIGNAL VALUE|off; " + " ".join(plant.signals()))
        try:
            value = None if words[1] == "off" else float(words[1])
        except ValueError as error:
            raise CommandError(words[1] + " is no number and not `off`") from error
        plant.inject(words[0], value)
        return words[0] + " is " + ("true again" if value is None else words[1])

    return inject
