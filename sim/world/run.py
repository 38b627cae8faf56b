"""One scenario from its first second to its verdict.

    result = run(scenario.load("coffee_machine"), seed=1)

`Run` is the same in slow motion: `advance(until)` moves it on, `result()` judges what there is so
far, so a live page or an interrupted run can look at any time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import cbor2

from sim.desk.market import BRINGS_TWICE
from sim.desk.models import Case, Order
from sim.plants import UnknownName, build
from sim.world import invariants, report
from sim.world.clock import DAY, World
from sim.world.digest import Digest
from sim.world.endpoint import Endpoint, keys
from sim.world.happen import fits, happen
from sim.world.network import Network, Weather
from sim.world.observer import Observer
from sim.world.people import Housekeeper, Owner, Receiver, Technician, habits_of
from sim.world.scenario import Scenario
from sim.world.site import Site
from sim.world.thing import Keys, LocalThing, Thing

RUNTIMES = ("cpython", "micropython")
LOOK_S = 600
"""How often the observer looks at what has run out."""

SENSOR = "sensor"
"""Of an output of this name and a number: the sensor of that channel (boards/remedies.py)."""

CHUNK_S = DAY // 4
"""Progress is told this often in virtual time."""


@dataclass(frozen=True)
class Result:
    """What a run came to. `as_dict()` is the JSON object of `steward sim run --json`."""

    scenario: str
    seed: int
    runtime: str
    digest: str
    verdict: str
    invariants: dict[str, dict]
    expectations: list[dict]
    orders: list[dict]
    cases: list[dict]
    figures: dict
    timeline: list

    @property
    def passed(self) -> bool:
        return self.verdict == "pass"

    def interrupted(self) -> "Result":
        """The same of a run that was ended before its end: what it must come to is not asked."""
        broken = any(row["broken"] for row in self.invariants.values())
        verdict = self.verdict if broken else "interrupted"
        return replace(self, verdict=verdict, expectations=[])

    def as_dict(self) -> dict:
        """Plain values, in a fixed order, without the timeline."""
        kept = ("scenario", "seed", "runtime", "digest", "verdict", "invariants", "expectations",
                "orders", "cases", "figures")
        return {name: getattr(self, name) for name in kept}


class Run:
    """A world with one thing in its place, after a scenario.

    `heap` caps MicroPython's. `beside` another run it stands in the same world, at the same desk,
    as one more thing of the same product. Open to whoever shows it: world, site, plant, network,
    endpoint, observer, housekeeper.
    """

    world: World
    network: Network
    endpoint: Endpoint

    def __init__(self, scenario: Scenario, seed: int | None = None, runtime: str = "cpython",
                 heap: str = "1M", beside: "Run | None" = None):
        if runtime not in RUNTIMES:
            raise ValueError(f"no runtime {runtime!r}; allowed: {', '.join(RUNTIMES)}")
        from boards.compiler import compile_product

        self.scenario = scenario
        self.runtime = runtime
        self.world = beside.world if beside else World(scenario.seed if seed is None else seed)
        self._all: dict[str, Run] = beside._all if beside else {}
        product = compile_product(scenario.product_file())
        self.record = cbor2.loads(product)
        self.name = f"{self.record['product']}-{len(self._all) + 1}"
        self._all[self.name] = self
        self.keys = keys(self.world, self.name)
        self.network = beside.network if beside else Network(self.world, _weather(scenario))
        self.plant = build(scenario.plant, self.world, scenario.plant_settings)
        self._fit()
        self.observer = Observer(self.world, self.name, self.keys.root_key)
        self.digest = Digest()
        switches = (*sorted(self.plant.outputs), *_restarts(self.record))
        self.thing = _thing(runtime, product, self.keys, self.world, heap, switches)
        self.site = Site(
            self.world, self.name, self.thing, self.plant, self.network, _channels(self.record)
        )
        self.endpoint = beside.endpoint if beside else self._open_desk()
        self._settle_people()
        self._connect()
        self._wall_s = self._cpu_s = 0.0

    def advance(self, until: int) -> None:
        """Move on to second `until`, at most to the scenario's end."""
        begun, used = time.perf_counter(), time.process_time()
        self.world.run_until(min(until, self.scenario.duration))
        self._wall_s += time.perf_counter() - begun
        self._cpu_s += time.process_time() - used

    @property
    def over(self) -> bool:
        return self.world.now >= self.scenario.duration

    def result(self) -> Result:
        """Judge what has happened until now."""
        journal = self.thing.journal()
        book = invariants.read_book(_transactions(journal))
        orders, cases = (self.endpoint.rows(model, self.name) for model in (Order, Case))
        cut_s = max((min(end, self.world.now) for _, end in self.observer.cuts), default=0)
        checks = invariants.check(
            self.observer, orders, book, self.scenario.mandate, self.world.now, cut_s,
            tuple(s.name for s in self.scenario.sellers if s.kind in BRINGS_TWICE),
        )
        figures = report.figures(self, orders, cases, self._wall_s, self._cpu_s)
        expectations = report.expectations(self.scenario, orders, cases, figures)
        sound = not any(check.broken for check in checks.values())
        passed = sound and all(row["met"] for row in expectations)
        return Result(
            scenario=self.scenario.name,
            seed=self.world.seed,
            runtime=self.runtime,
            digest=self.digest.closed_by(journal),
            verdict="pass" if passed else "fail",
            invariants={name: report.check_row(check) for name, check in checks.items()},
            expectations=expectations,
            orders=[report.order_row(order, self.world) for order in orders],
            cases=[report.case_row(case, self.world) for case in cases],
            figures=figures,
            timeline=self.observer.timeline,
        )

    def close(self) -> None:
        """Give back what the runtime and the desk hold."""
        self.thing.close()
        self.endpoint.desk.close()

    # -- wiring ------------------------------------------------------------------------------

    def _open_desk(self) -> Endpoint:
        hooks = {
            "on_delivered": lambda delivery: self._all[delivery.thing]._delivered(delivery),
            "on_service_done": lambda done: self._all[done.thing]._serviced(done),
        }
        return Endpoint(self.world, self.network, self.scenario, self.record, hooks)

    def _fit(self) -> None:
        """UnknownName where the plant lacks what the product or the story is about."""
        for event in self.scenario.events:
            fits(event, self.plant)
        for channel in self.record["channels"]:
            if channel["name"] not in self.plant.signals:
                raise UnknownName("signal of the plant", channel["name"], self.plant.signals)
        for name, _ in self._consumables().values():
            if name not in self.plant.consumables:
                raise UnknownName("consumable of the plant", name, self.plant.consumables)

    def _settle_people(self) -> None:
        habits = habits_of(self.scenario.people)
        note = self.observer.note

        counted = {self._container(spec) for spec in self.record.get("consumables", [])
                   if _is_counted(spec)}

        def told(what: str, consumable: str, amount: float) -> None:
            note("people", f"{what} {amount:.0f} {consumable}")
            if what == "refilled" and consumable in counted:
                self.site.line(f"refill {consumable}")

        place = (self.world, self.plant, habits, self.name)
        self.housekeeper = Housekeeper(*place, told)
        self.technician = Technician(*place)
        self.owner = Owner(
            self.world, habits, self.name, self.site.line,
            lambda order, yes: self.endpoint.answer(self.name, order, yes),
        )  # fmt: skip
        self.receiver = Receiver(self.world, habits, self.name, self.site.line)

    def _connect(self) -> None:
        """Tie the parts together, admit the thing, switch it on, and plan the scenario."""
        site, endpoint, observer = self.site, self.endpoint, self.observer
        self.network.attach(
            self.name, lambda frame: endpoint.receive(self.name, frame), site.deliver
        )
        self.plant.plant.lost_power = site.power_off
        site.sent = self._sent
        site.effect = self._effect
        site.booted = observer.booted
        site.died = lambda reason: observer.note("power", reason)
        site.crashed = observer.crashed
        endpoint.hears[self.name] = observer.down
        endpoint.admit(self.keys, self.record["product"])
        self.world.every(LOOK_S, self._look)
        for event in self.scenario.events:
            self.world.at(event.at, happen, self, event)
        site.power_on()

    def _sent(self, frame: bytes) -> None:
        self.digest.message(frame)
        self.observer.up(frame)

    def _effect(self, effect: tuple) -> None:
        if effect[0] == "switch":
            self._try(*effect[1:])
        if effect[0] != "notify":
            return
        text = effect[1]
        self.observer.note("notice", text)
        self.owner.notified(text)
        self.receiver.notified(text)
        for name, (consumable, _) in self._consumables().items():
            if name in text:
                self.housekeeper.reminded(consumable)

    def _try(self, output: str, seconds: int) -> None:
        """A remedy: an output is the other way for a while, or a sensor's part is set up anew."""
        word, _, channel = output.partition(" ")
        if word == SENSOR and channel:
            signal = self.record["channels"][int(channel)]["name"]
            self.observer.note("remedy", f"sensor {signal} set up anew")
            if self.plant.restart(signal):
                self.observer.mended(f"sensor {signal}")
            return
        self.observer.note("remedy", f"{output} for {seconds} s")
        usual = output in self.plant.on_by_itself
        self._switched(output, not usual)
        self.world.after(seconds, self._switched, output, usual)

    def _switched(self, output: str, on: bool) -> None:
        for mode in self.plant.switched(output, on):
            self.observer.mended(mode)

    def _delivered(self, delivery) -> None:
        """The desk's hook: a parcel was put down at the thing."""
        consumable, packs = self._consumables().get(delivery.consumable, (None, {}))
        self.observer.parcel(delivery.number, delivery.order, delivery.packs)
        _, ordered = self.observer.orders[delivery.order]
        right = delivery.sku == ordered["sku"]
        if not right:
            self.observer.wrong_goods.add(delivery.order)
        self.receiver.delivered(delivery.order, delivery.packs, ordered["packs"], right)
        if consumable is None or delivery.sku not in packs:
            self.observer.note("people", f"nobody knows what to do with {delivery.sku}")
            return
        self.housekeeper.delivered(consumable, packs[delivery.sku] * delivery.packs)

    def _serviced(self, done) -> None:
        """The desk's hook: somebody was here for a case."""
        signal = self.endpoint.signal_of(done.case)
        mended = self.technician.visited(done.mode, signal)
        for what in mended:
            self.observer.mended(what)
        if not mended:
            self.observer.note("repair", f"nothing found for {done.mode}")

    def _consumables(self) -> dict[str, tuple[str, dict[str, float]]]:
        """The thing's consumables: name -> (the plant's name, units of a pack by sku)."""
        return {
            spec["name"]: (
                self._container(spec),
                {item["sku"]: item["pack"] for item in spec.get("items", [])},
            )
            for spec in self.record.get("consumables", [])
        }

    def _container(self, spec: dict) -> str:
        """The plant's name: that of the sensor, or, of what is only counted, its own."""
        channel = self.record["channels"][spec["channel"]]
        return spec["name"] if _is_counted(spec) else channel["name"]

    def _look(self) -> None:
        self.plant.advance(self.world.now)
        for consumable in self.plant.stocked_out():
            self.observer.stocked_out_s[consumable] += LOOK_S


def run(
    scenario: Scenario,
    seed: int | None = None,
    runtime: str = "cpython",
    progress: Callable[[int, int, Run], None] | None = None,
) -> Result:
    """Play a scenario to its end and judge it.

    progress(now, end, run) is called every few virtual hours. Raises ValueError for a runtime that
    does not exist, DescriptionError for a product that cannot be compiled.
    """
    playing = Run(scenario, seed, runtime)
    try:
        while not playing.over:
            playing.advance(playing.world.now + CHUNK_S)
            if progress:
                progress(playing.world.now, scenario.duration, playing)
        return playing.result()
    finally:
        playing.close()


def _thing(
    runtime: str, product: bytes, thing_keys: Keys, world: World, heap: str, switches: tuple
) -> Thing:
    seed = world.derive("thing entropy")
    if runtime == "cpython":
        return LocalThing(product, thing_keys, seed, switches=switches)
    from sim.mpy.thing import MicroPythonThing

    return MicroPythonThing(product, thing_keys, seed, heap=heap, switches=switches)


def _restarts(record: dict) -> list[str]:
    """The sensors that remedies of the product set up anew, as a thing names them."""
    specs = record.get("sensors", []) + record.get("monitors", [])
    outputs = {remedy.get("output", "") for spec in specs for remedy in spec.get("tries", ())}
    return sorted(output for output in outputs if output.startswith(f"{SENSOR} "))


def _is_counted(spec: dict) -> bool:
    """Whether no sensor sees what is left: a person has to say that it was filled."""
    return spec["channel"] == spec.get("usage", -1)


def _channels(record: dict) -> list[tuple[int, str, int]]:
    return [
        (index, channel["name"], channel["period"])
        for index, channel in enumerate(record["channels"])
    ]


def _transactions(journal: bytes) -> list:
    from agent.store import Reader

    reader = Reader(lambda rotten: None)
    return [cbor2.loads(payload) for payload in reader.payloads([journal])]


def _weather(scenario: Scenario) -> Weather:
    network = scenario.network
    return Weather(
        loss=network.loss,
        duplication=network.duplication,
        reordering=network.reordering,
        corruption=network.corruption,
        delay_s=network.delay,
    )
