"""The main job on the real parts, at a speed that a person can watch.

The thing is a process of its own: the firmware in MicroPython (or on CPython), with its own flash,
TLS and console. Beside it run a broker, a desk on SQLite behind its MQTT consumer, and the world:
the machine's physics, the people around it, the sellers and the service department. Only time is
simulated, and everybody's clock follows it. `Live` ties them together and offers what the page
and the timeline show, and what a person can do to the machine.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import cbor2
from sqlalchemy import select

from boards.compiler import compile_board, compile_product
from sim.demo.cpython_device import CpythonDevice
from sim.demo.display import QUESTION, Display
from sim.demo.story import Story
from sim.demo.wiretap import Wiretap
from sim.desk.broker import LoopbackBroker
from sim.desk.consumer import Consumer, Link
from sim.desk.models import Case, Event, Order, Outgoing, Thing
from sim.mpy.plant_server import PlantServer
from sim.mpy.process import POWER_CUT, Device
from sim.plants import build
from sim.world import endpoint
from sim.world.clock import RealTime, World
from sim.world.happen import happen
from sim.world.observer import Observer
from sim.world.people import Housekeeper, Owner, Technician, habits_of
from sim.world.scenario import Scenario

BOARD = Path(__file__).parents[2] / "boards" / "simulated.toml"
LOOK_S = 0.4  # how often desk and console are asked, in real seconds
TURN_S = 0.01  # how often the world is brought up to date, in real seconds
BOOT_AGAIN_S = 1.5  # how long the power stays off, in real seconds
SETTLING_SPEED = 60.0  # virtual seconds a second, until the thing is up and has its mandate
SETTLING_S = 60  # and at most so many real seconds


class Live:
    """A scenario, running. `start`, watch, do things to it, `stop`."""

    def __init__(self, scenario: Scenario, directory: Path, runtime: str, speed: float,
                 seed: int | None = None):
        self.scenario = scenario
        self.title = scenario.title or scenario.name
        self.story = Story()
        self.lock = threading.RLock()
        self.world = World(scenario.seed if seed is None else seed)
        product = compile_product(scenario.product_file())
        self.record = cbor2.loads(product)
        self.display = Display(self.record)
        self.name = f"{self.record['product']}-1"
        self.keys = endpoint.keys(self.world, self.name)
        self.plant = build(scenario.plant, self.world, scenario.plant_settings)
        self.observer = Observer(self.world, self.name, self.keys.root_key)
        self.network = self  # what sim.world.happen asks about the network
        self.failure_modes = sorted(self.plant.modes)
        self.failure: BaseException | None = None
        self._speed = speed
        self._pace = RealTime(self.world, min(speed, SETTLING_SPEED))
        self.settled = False  # is the thing up, with what its owner signed? Until then time is slow
        self._server = PlantServer(self.world, self, self.lock)
        self.broker = LoopbackBroker(directory / "broker")
        self._directory = directory
        self._product = product
        self._runtime = runtime
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._last_event = 0
        self._device: Device | None = None
        self._off_until = 0.0
        self._settle_people()

    # -- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring everything up; raises what the parts raise when a port or tool is missing."""
        self.broker.start()
        hooks = {"on_delivered": self._delivered, "on_service_done": self._serviced}
        database = f"sqlite:///{self._directory}/desk.db"
        self.desk = endpoint.furnish(self.world, self.scenario, self.record, hooks, database,
                                     lambda: 0)
        endpoint.admit(self.desk, self.world, self.scenario, self.keys, self.record["product"])
        link = Link(self.broker.host, self.broker.port, ca_path=self.broker.ca_path)
        self.consumer = Consumer(self.desk, link).start()
        self._wiretap = Wiretap(self.broker.host, self.broker.port, self.broker.ca_path, self.name,
                                self.keys.root_key, self._note).start()
        self._device = device = self._make_device()
        device.start()
        self.observer.booted()
        for event in self.scenario.events:
            self.world.at(event.at, happen, self, event)
        self._settling_until = time.monotonic() + SETTLING_S
        for work in (self._keep_time, self._look_on):
            thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Bring everything down, in the order in which nothing complains."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for thread in self._threads:
            thread.join(5)
        if self._device is not None:
            self._device.close()
            self.consumer.stop()
            self._wiretap.stop()
            self.desk.close()
        self._server.close()
        self.broker.close()

    @property
    def over(self) -> bool:
        return self.world.now >= self.scenario.duration

    @property
    def state(self) -> str:
        if self.failure is not None:
            return "failed"
        if self._device is None or not self._device.running:
            return "no power"
        if not self.broker_up:
            return "no network"
        if self.paused:
            return "paused"
        return "running" if self.settled else "starting"

    @property
    def paused(self) -> bool:
        return self._pace.paused

    @property
    def speed(self) -> float:
        """Virtual seconds a second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self.lock:
            self._speed = speed
            if self.settled:
                self._pace.speed = speed

    @property
    def now(self) -> int:
        return self.world.now

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def timeline(self) -> list:
        return self.observer.timeline

    # -- what a person can do --------------------------------------------------------------------

    def toggle_pause(self) -> None:
        (self._pace.resume if self._pace.paused else self._pace.pause)()

    def empty(self, consumable: str) -> None:
        with self.lock:
            self.plant.empty(self._signal(consumable))
            self.observer.note("people", f"emptied {consumable}")

    def refill(self, consumable: str) -> None:
        with self.lock:
            self.plant.refill(self._signal(consumable))
            self.observer.note("people", f"refilled {consumable}")

    def fail(self, mode: str) -> None:
        with self.lock:
            self.plant.fail(mode)
            self.observer.broke(mode, self.plant.shows_as(mode), 0, not self.broker_up)

    def repair(self, mode: str) -> None:
        with self.lock:
            if self.plant.repair(mode):
                self.observer.mended(mode)

    @property
    def broker_up(self) -> bool:
        return self.broker.running

    def set_network(self, up: bool) -> None:
        """Switch the broker off or on; whoever was connected has to find back by itself."""
        if up == self.broker_up:
            return
        (self.broker.start if up else self.broker.stop)()
        self.observer.note("network", "the broker is back" if up else "the broker is gone")

    def cut_power(self) -> bool:
        """Fail the power in the middle of the thing's next flash operation; False: it has none."""
        device = self._running_device()
        if not device.running:
            return False
        device.cut_power(1)
        self.observer.note("power", "the power will fail in the next flash operation")
        return True

    def type(self, line: str) -> str:
        """Type a line on the thing's console and return what it shows."""
        with self._console:
            return self._running_device().ask(line, 3)

    # -- for the thing, by way of the plant's server -----------------------------------------------

    def read(self, signal: str) -> float | None:
        """What a sensor says."""
        return self.plant.read(signal)

    def switched(self, output: str, on: bool) -> None:
        """The thing has an output on or off."""
        if on != self.plant.on[output]:
            self.observer.note("remedy", f"{output} is switched {'on' if on else 'off'}")
        for mode in self.plant.switched(output, on):
            self.observer.mended(mode)

    # -- for sim.world.happen ----------------------------------------------------------------------

    def up(self, name: str) -> bool:
        return self.broker_up

    # -- the parts' threads --------------------------------------------------------------------

    def _guarded(self, work: Callable[[], None]) -> None:
        """A thread that fails ends the run with its error; alone it would die unheard."""
        try:
            work()
        except Exception as error:
            self.failure = error
            self._stopping.set()

    def _keep_time(self) -> None:
        while not self._stopping.wait(TURN_S):
            with self.lock:
                self._pace.pump(self.scenario.duration)
                self.plant.advance(self.world.now)

    def _look_on(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self._keep_powered()
            answered = self._ask_thing()
            self._ask_desk()
            if not self.settled:
                self._settle(answered)

    def _settle(self, answered: bool) -> None:
        """Let time go at its speed once the thing has greeted and taken what the desk had."""
        heard, waiting = self.desk.act(lambda work: (
            work.session.scalar(select(Thing.up_seq)),
            work.session.scalar(select(Outgoing.id).limit(1)),
        ))
        given_up = time.monotonic() > self._settling_until
        if given_up:
            self.observer.note("trouble", f"the thing was not reached in {SETTLING_S} s")
        if given_up or (answered and heard and waiting is None):
            with self.lock:
                self.settled = True
                self._pace.speed = self._speed

    def _keep_powered(self) -> None:
        device = self._running_device()
        if device.running:
            return
        if not self._off_until:
            self._off_until = time.monotonic() + BOOT_AGAIN_S
            last = (device.errors.strip().splitlines() or [""])[-1]
            if device.exit_code == POWER_CUT:
                self.observer.note("power", "the thing is off")
            else:
                self.observer.note("trouble", f"the thing ended with {device.exit_code}: {last}")
        elif time.monotonic() > self._off_until:
            self._off_until = 0.0
            device.start()
            self.observer.booted()
            self.observer.note("power", "the thing is on again")

    def _ask_thing(self) -> bool:
        """Take what the thing shows of itself; False when it did not answer."""
        device = self._running_device()
        if not device.running:
            return False
        with self._console:
            shown = device.shown() + device.ask(QUESTION, 5)
        for text in shown.splitlines():
            if text and text[0] not in "[{":
                self._told(text)
        return self.display.take_thing(shown, self.world.now)

    def _ask_desk(self) -> None:
        orders, cases, events = self.desk.act(lambda work: (
            work.session.scalars(select(Order).order_by(Order.number)).all(),
            work.session.scalars(select(Case).order_by(Case.number)).all(),
            work.session.scalars(select(Event).order_by(Event.id)).all(),
        ))
        with self.lock:
            for event in events:
                if event.id > self._last_event:
                    self._last_event = event.id
                    if event.word != "parcel":  # people say that they got it
                        self._note_event(event, orders, cases)
            self.story.look(self.world.now, _histories(events, "order_number"),
                            _histories(events, "case_number"))
        self.display.take_desk(orders, cases)

    def _note_event(self, event, orders, cases) -> None:
        subject = next((o for o in orders if o.number == event.order_number), None)
        if subject is not None:
            kind, text = "order", f"O-{subject.number} {subject.packs} x {subject.sku}"
        else:
            case = next(c for c in cases if c.number == event.case_number)
            kind, text = "case", f"C-{case.number} {case.mode}"
        self.observer.note(kind, f"{text}: {event.word} ({event.source})")

    def _told(self, text: str) -> None:
        """The thing said something of its own accord."""
        with self.lock:
            self.observer.note("notice", text)
            self.owner.notified(text)

    def _note(self, kind: str, text: str) -> None:
        with self.lock:
            self.observer.note(kind, text)

    # -- wiring ----------------------------------------------------------------------------------

    def _settle_people(self) -> None:
        habits = habits_of(self.scenario.people)
        self._console = threading.Lock()

        named = {self._signal(name): name for name in self.display.consumables}
        units = {channel.name: channel.unit for channel in self.display.channels}

        def told(what: str, signal: str, amount: float) -> None:
            unit = {"count": "", "%": "% "}.get(units[signal], f"{units[signal]} ")
            self.observer.note("people", f"{what} {amount:.0f} {unit}of {named[signal]}")

        self.housekeeper = Housekeeper(self.world, self.plant, habits, self.name, told)
        self.technician = Technician(self.world, self.plant, habits, self.name)
        self.owner = Owner(self.world, habits, self.name, self.type, self._answer)

    def _answer(self, order: str, yes: bool) -> bool:
        return endpoint.answer(self.desk, self.world, self.name, order, yes)

    def _running_device(self) -> Device:
        """The thing's process, which exists from `start` on."""
        assert self._device is not None
        return self._device

    def _make_device(self) -> Device:
        link = {"host": "localhost", "port": self.broker.port,
                "ca": self.broker.ca_der_path.read_bytes()}
        board = compile_board(BOARD, self.scenario.product_file())
        make = Device if self._runtime == "micropython" else CpythonDevice
        return make(self._directory / "thing", self._product, board, self.keys, self._server, link)

    def _delivered(self, delivery) -> None:
        with self.lock:
            self.world.after(0, self._put_down, delivery)

    def _put_down(self, delivery) -> None:
        spec = next(s for s in self.record["consumables"] if s["name"] == delivery.consumable)
        packs = {item["sku"]: item["pack"] for item in spec["items"]}
        self.housekeeper.delivered(self._signal(delivery.consumable),
                                   packs[delivery.sku] * delivery.packs)

    def _serviced(self, done) -> None:
        with self.lock:
            self.world.after(0, self._visit, done.mode)

    def _visit(self, mode: str) -> None:
        mended = self.technician.visited(mode)
        for what in mended:
            self.observer.mended(what)
        if not mended:
            self.observer.note("repair", f"nothing found for {mode}")

    def _signal(self, consumable: str) -> str:
        """The plant's name of a consumable: the signal of its channel."""
        spec = next(s for s in self.record["consumables"] if s["name"] == consumable)
        return self.display.channels[spec["channel"]].name


def _histories(events, key: str) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for event in events:
        number = getattr(event, key)
        if number is not None:
            found.setdefault(number, []).append(event.word)
    return list(found.values())
