"""Puts the thing together on an ESP32: chooses the ports, and what stands in for what is missing.

A thing that has not been provisioned, or that cannot be put together, still answers on its
console (agent/console/setup.py), where it can be told its name, its owner and its desk. Main lets
go of this module when it is done, so nothing that it hands out may be a function of its own.
"""

import sys
import time

import machine
import micropython
import network

from agent.console.ports import Ports
from agent.core import SAFE
from agent.wire import p256
from firmware import start
from firmware.esp32.sntp import Clock as NetworkClock
from firmware.esp32.wifi import Online, Wifi
from hal import HalError
from hal.console import Console
from hal.esp32 import board
from hal.esp32.buses import open_bus
from hal.link_chumicro import Link
from hal.wiring import WiringError

RUNTIME = "mpy%d" % (sys.implementation._mpy & 0xFF)  # the version of .mpy files that it loads


def assemble(make_loop, store, guard, clock, watchdog):
    """The loop with the ports of the ESP32, whatever there is to put together."""
    console = Console(sys.stdin, sys.stdin.buffer.read, sys.stdout.buffer.write, echo=True)
    ports = Ports(store, p256, board.entropy)
    if is_locked(store):
        micropython.kbd_intr(-1)  # MicroPython's own prompt would show every key
    link = battery = None
    try:
        agent = start.start_agent(store, p256, board.entropy, board.cause())
        sensors = start.start_sensors(store, agent, open_bus)
        try:
            link = go_online(store, agent)
        except start.BrokenFile as error:
            agent.tell("it works alone: %s" % error)
        battery = on_battery(store, agent, sensors, link)
        start.start_updates(store, agent, RUNTIME, battery and battery.low)
    except (start.Unprovisioned, WiringError) as error:
        if start.not_at_work(store, str(error)):
            machine.reset()
        agent, sensors = without_agent(str(error))
    except Exception as error:
        if not guard.safe and guard.error is None:
            raise  # once more, a few times; but only if somebody can count them
        guard.crashed(error, clock.uptime())
        agent, sensors = without_agent(repr(error))
    agent.ports = ports
    start.mend(store, agent.tell)
    if guard.safe:
        agent.mode = SAFE
        agent.tell("safe mode: it failed to start several times; `crash` says how")
        start.ask_for_update(agent, "safe mode")
    loop = make_loop(agent, sensors, clock, guard, watchdog, console, link, battery)
    return start.start_outputs(start.start_ways(loop, store), store, open_bus)


def is_locked(store):
    """Whether MicroPython's own prompt is shut; where nobody can tell, it is."""
    try:
        return store.load("locked") is not None
    except HalError:
        return True


def without_agent(reason):
    """What stands in for agent and sensors, loaded only where it is needed."""
    from firmware.blank import Blank, NoSensors

    return Blank(reason), NoSensors()


def go_online(store, agent):
    """The link behind Wi-Fi and a clock, or None for a thing that works alone."""
    link = start.start_link(store, agent, Link, board.entropy, time)
    if link is None:
        return None
    settings = start.spare(store, "config") or {}
    networks = [(settings["wifi.name"], settings.get("wifi.password", ""))] * (
        "wifi.name" in settings
    )
    station = network.WLAN(network.STA_IF)
    last = start.spare(store, "time")
    where = start.load(store, "link")
    clock = NetworkClock(
        settings.get("time.server", where["host"]),
        last["utc"] if last else where.get("utc"),
        board.set_utc,
        board.entropy,
        time,
    )
    return Online(Wifi(station, networks, board.entropy, time), clock, link)


def on_battery(store, agent, sensors, link):
    """What makes it sleep, or None for a thing on mains; loaded only where the board says so."""
    power = start.load(store, "board").get("power")
    if power is None:
        return None
    module = __import__("firmware.esp32.battery", None, None, ("Battery",))
    shortest = min(channel.period_s for channel in agent.product.channels)
    return module.Battery(power, sensors, link, shortest, board)
