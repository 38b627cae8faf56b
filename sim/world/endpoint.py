"""The desk in a simulated world: the real one, with sellers, service and owner from a scenario.

Time and chance come from the world, the database is in memory, and frames go over the simulated
network. Nothing here decides anything that sim/desk does not.
"""

from collections.abc import Callable

from sqlalchemy import select

from sim.desk import approvals, codec, market, messages, notices, products
from sim.desk.approvals import ANSWERABLE, Question
from sim.desk.core import Desk
from sim.desk.models import Case
from sim.desk.service import Pace, SimpleDepartment
from sim.desk.suppliers import Article, HonestSupplier, Supplier, Terms
from sim.world import scenario as scenarios
from sim.world.clock import DAY, HOUR, Event, World
from sim.world.events import Tell
from sim.world.network import Network
from sim.world.thing import Keys

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def secret(world: World, name: str) -> int:
    """A private key of P-256 that depends on the seed and the name."""
    return int.from_bytes(world.derive(f"key/{name}"), "big") % (ORDER_OF_P256 - 1) + 1


def keys(world: World, thing: str) -> Keys:
    """What provisioning would have left on this thing."""
    private, owner = secret(world, thing), secret(world, f"owner of {thing}")
    return Keys(
        thing=thing,
        root_key=world.derive(f"root key/{thing}"),
        private_key=private.to_bytes(32, "big"),
        public_key=codec.public_bytes(codec.new_private_key(private).public_key()),
        owner_key=codec.public_bytes(codec.new_private_key(owner).public_key()),
    )


class Endpoint:
    """A desk, its sellers and its service department on the simulated network.

    `skew_s` is how wrong its clock is. `hears[thing]` is called with every frame sent to a thing.
    """

    def __init__(self, world: World, network: Network, scenario, record: dict, hooks: dict):
        self.world = world
        self.network = network
        self.scenario = scenario
        self._record = record
        self.skew_s = 0
        self.hears: dict[str, Callable[[bytes], None]] = {}
        self.desk = furnish(world, scenario, record, hooks, "sqlite://", lambda: self.skew_s)
        self._wake: Event | None = None
        self._silent_until = 0
        self._things: list[str] = []
        network.watch(self._links_changed)

    def admit(self, thing: Keys, product: str) -> None:
        """Provision a thing and send it the owner's mandate, if the scenario has one."""
        admit(self.desk, self.world, self.scenario, thing, product)
        self._things.append(thing.thing)
        self.desk.status(thing.thing, True)
        self.pump()

    def send_mandate(self, thing: str, terms: scenarios.Mandate, sequence: int) -> None:
        """Have the owner sign these terms, and the desk pass them on."""
        send_mandate(self.desk, self.world, thing, terms, sequence)

    def tell(self, thing: str, event: Tell) -> None:
        """Send a notice, signed by the seller whose it is."""
        said = {
            "what": notices.WHAT.index(event.what),
            "written": self.desk.now,
            "until": self.desk.now + event.lasts,
        } | event.model_dump(include={"sender", "words", "about", "severity", "values"})
        document = None
        if event.sender != notices.DESK:
            if event.sender not in self.desk.suppliers:
                raise ValueError(f"{event.sender} is no seller of this scenario")
            content = {0: "notice", **messages.write(messages.NOTICE_DOCUMENT, **said)}
            key = codec.new_private_key(secret(self.world, f"seller {event.sender}"))
            document = codec.sign(content, key)
        mine = said if document is None else None
        self.desk.act(lambda work: notices.send(work, [thing], None, document, mine))
        self.pump()

    def answer(self, thing: str, order: str, yes: bool) -> bool:
        """Have the owner answer a question; returns whether the desk has heard of it."""
        known = answer(self.desk, self.world, thing, order, yes)
        self.pump()
        return known

    def silence(self, for_s: int) -> None:
        """Hear and say nothing for a while; sellers and service do what they know of meanwhile."""
        self._silent_until = self.world.now + for_s
        self.world.after(for_s, self.pump)

    def reprice(self, seller: str, percent: int) -> None:
        """Have a seller ask so many percent of what it asked at first."""
        supplier = self.desk.suppliers[seller]
        assert isinstance(supplier, HonestSupplier)  # every kind of a scenario's sellers is
        asked = next(each for each in self.scenario.sellers if each.name == seller)
        articles = _articles(asked, self._record, percent)
        supplier.articles = {article.sku: article for article in articles}

    def receive(self, thing: str, frame: bytes) -> None:
        """A frame came over the network."""
        if self.world.now < self._silent_until:
            return
        self.desk.receive(thing, frame)
        self.pump()

    def pump(self) -> None:
        """Do what is due, send what waits, and come back when something is due next."""
        due = self.desk.tick()
        silent = self.world.now < self._silent_until
        while not silent and due is not None and due <= self.desk.now and (
                taken := self.desk.take()):
            thing, frame = taken
            self.hears[thing](frame)
            self.network.send(thing, "down", frame)
            due = self.desk.tick()
        if self._wake is not None:
            self._wake.cancel()
        if due is not None:
            ahead = max(HOUR if silent else 1, due - self.desk.now)
            self._wake = self.world.after(ahead, self.pump)

    def signal_of(self, case_id: bytes) -> str | None:
        """Which channel's sensor a case is about, if it is about one."""
        def monitor(work):
            return work.session.scalar(select(Case.monitor).where(Case.case_id == case_id))

        name = self.desk.act(monitor) or ""
        return name.removeprefix("sensor_") if name.startswith("sensor_") else None

    def rows(self, model, thing: str | None = None) -> list:
        """All rows of one of the desk's tables, or those of one thing, in the order of the key."""
        query = select(model).order_by(next(iter(model.__table__.primary_key.columns)))
        if thing is not None:
            query = query.where(model.thing_id == thing)
        return self.desk.act(lambda work: work.session.scalars(query).all())

    def _links_changed(self) -> None:
        for thing in self._things:
            self.desk.status(thing, self.network.up(thing))
        self.pump()


def furnish(world: World, scenario, record: dict, hooks: dict, database: str, skew_s) -> Desk:
    """A desk with the scenario's sellers and service department, on the world's clock.

    skew_s(): by how many seconds its clock is wrong.
    """
    return Desk(
        database,
        clock=lambda: world.unix + skew_s(),
        suppliers=[_supplier(world, seller, record) for seller in scenario.sellers],
        department=_department(world, scenario.service),
        decides_s=scenario.service.decides_after,
        products=products.of_record(record),
        **hooks,
    )


def admit(desk: Desk, world: World, scenario, thing: Keys, product: str) -> None:
    """Provision a thing at a desk, with the mandate of the scenario if it has one."""
    desk.provision(thing.thing, thing.root_key, thing.public_key, product, "owner")
    if scenario.mandate is not None:
        send_mandate(desk, world, thing.thing, scenario.mandate, 1)


def send_mandate(desk: Desk, world: World, thing: str, terms: scenarios.Mandate,
                 sequence: int) -> None:
    """Have the owner sign these terms, and the desk pass them on."""
    owner = codec.new_private_key(secret(world, f"owner of {thing}"))
    document = _mandate(desk, world, thing, terms, sequence)
    desk.send(thing, messages.MANDATE, document=codec.sign(document, owner))


def answer(desk: Desk, world: World, thing: str, order: str, yes: bool) -> bool:
    """Have the owner sign the answer to a question about an order, and the desk carry it.

    order: the beginning of its id. Returns whether the desk has heard of the question.
    """
    query = select(Question).where(Question.thing_id == thing).order_by(Question.id.desc())
    rows = desk.act(lambda work: work.session.scalars(query).all())
    asked = [row for row in rows if row.order_id.hex().startswith(order)]
    if asked and asked[0].state in ANSWERABLE and desk.now < asked[0].until:
        row = asked[0]
        said = {0: "approval", 1: row.order_id, 2: thing, 3: row.terms, 4: row.total_minor, 5: yes}
        owner = codec.new_private_key(secret(world, f"owner of {thing}"))
        document = codec.sign(said, owner)
        desk.act(lambda work: approvals.relay(work, thing, row.order_id, document))
    return bool(asked)


def _mandate(desk: Desk, world: World, thing: str, terms: scenarios.Mandate, sequence: int) -> dict:
    approval = ("auto", "ask above", "ask always").index(terms.approval)
    allowed = terms.sellers or list(desk.suppliers)
    sellers = [[name, desk.suppliers[name].public_key, terms.seller_budget] for name in allowed]
    document = {
        0: "mandate", 1: sequence, 2: thing,
        3: world.unix - DAY, 4: world.unix + 730 * DAY,
        5: terms.currency, 6: approval, 7: terms.ask_above, 8: terms.cap,
        9: terms.day_budget, 10: terms.month_budget,
        11: terms.day_orders, 12: terms.month_orders, 13: sellers,
    }  # fmt: skip
    if terms.weights is not None:
        document[15] = terms.weights
    if terms.consents:
        document[16] = terms.consents
    if terms.cancel_window:
        document[17] = terms.cancel_window
    if terms.surge_wait is not None:
        document[28] = [terms.surge_percent, terms.surge_wait]
    further = {21: terms.substitutes, 26: terms.rounds, 27: terms.walk_away}
    return document | {key: value for key, value in further.items() if value is not None}


def _supplier(world: World, seller: scenarios.Seller, record: dict) -> Supplier:
    """A seller of everything the product may buy, at its own prices."""
    terms = Terms(
        shipping_minor=seller.shipping_minor,
        tax_percent=seller.tax_percent,
        ship_s=seller.ships_after,
        travel_s=seller.travels,
    )
    key = codec.new_private_key(secret(world, f"seller {seller.name}"))
    kind = market.KINDS[seller.kind]
    articles = _articles(seller, record, 100)
    return kind(seller.name, articles, terms, world.stream(f"seller/{seller.name}"), key)


def _articles(seller: scenarios.Seller, record: dict, percent: int) -> list[Article]:
    """All that the product may buy, at so many percent of this seller's prices."""
    scales = [channel["scale"] for channel in record["channels"]]
    return [
        Article(
            sku=item["sku"],
            price_minor=item.get("price_minor", 1_000) * seller.price_percent * percent // 10_000,
            pack_units=int(item["pack"] * scales[consumable["channel"]] + 0.5),
            quality=seller.quality,
            carbon_g=seller.carbon_g,
        )
        for consumable in record.get("consumables", [])
        for item in consumable.get("items", [])
    ]


def _department(world: World, service: scenarios.Service) -> SimpleDepartment:
    pace = Pace(
        service.accepts_after, service.schedules_after, service.works_after
    )
    return SimpleDepartment(world.stream("service"), pace)
