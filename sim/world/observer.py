"""Watches a run from outside, where neither thing nor desk can look: keeps what the checks need.

It sees every frame of both directions before the network touches it, what is broken in the plant,
what was delivered, and in the end the desk's tables and the thing's journal. It opens frames with
the desk's codec, so it trusts nothing that the agent says about itself.
"""

from collections import Counter
from typing import NamedTuple

from sim.desk import codec, messages
from sim.world.clock import World

UP_NAMES = {kind: body.name for kind, body in messages.UP.items()}
DOWN_NAMES = {kind: body.name for kind, body in messages.DOWN.items()}
CONFIRMED, CLEARED = 2, 3

ORDER_WORDS = {5: "confirmed", 6: "shipped", 7: "delivered", 8: "cancelled", 9: "refused",
               10: "expired"}  # fmt: skip
CASE_WORDS = {2: "accepted", 3: "scheduled", 4: "done", 5: "refused"}
STATES_TOLD = {
    messages.ORDER_STATUS: ("order", "order_names", ORDER_WORDS),
    messages.CASE_STATUS: ("case", "case_names", CASE_WORDS),
}
"""What the desk says of orders and cases: the timeline's word, whose names, what the states are."""


class Happening(NamedTuple):
    """A line of the timeline."""

    at: int
    kind: str
    text: str


class Injected(NamedTuple):
    """A fault that the scenario put in: when, what, and until when."""

    at: int
    what: str
    shows_as: tuple[str, ...]
    over_s: int
    cut_off: bool


class Seen(NamedTuple):
    """A finding as it left the thing; `at` is when the thing saw it."""

    at: int
    monitor: str
    mode: str
    state: int


class Observer:
    """What happened to one thing, from outside."""

    def __init__(self, world: World, thing: str, root_key: bytes):
        self.world = world
        self.timeline: list[Happening] = []
        self.frames: dict[str, list[bytes]] = {"up": [], "down": []}
        self.kinds: dict[str, Counter] = {"up": Counter(), "down": Counter()}
        self.kind_bytes: dict[str, Counter] = {"up": Counter(), "down": Counter()}
        self.sequences: dict[str, list[tuple[int, int]]] = {"up": [], "down": []}
        self.unreadable = 0
        self.orders: dict[bytes, tuple[int, dict]] = {}
        self.order_names: dict[bytes, str] = {}
        self.case_names: dict[bytes, str] = {}
        self.told: set[tuple[bytes, int]] = set()
        self.verified: dict[bytes, int] = {}
        self.hellos: list[tuple[int, dict]] = []
        self.findings: list[Seen] = []
        self.parcels: list[tuple[int, str, bytes, int]] = []
        self.wrong_goods: set[bytes] = set()
        self.injected: list[Injected] = []
        self.ended: dict[str, int] = {}
        self.boots: list[int] = []
        self.crashes: list[tuple[int, str]] = []
        self.cuts: list[tuple[int, int]] = []
        self.damaged: list[int] = []
        self.stocked_out_s: Counter = Counter()
        self._thing = thing
        self._root_key = root_key
        self._known: set[tuple[int, int]] = set()
        self._handlers = {
            messages.ORDER: self._order,
            messages.ORDER_EVENT: self._order_event,
            messages.HELLO: self._hello,
            messages.FINDING: self._finding,
            messages.CASE: self._case,
            messages.CASE_EVENT: self._case_event,
        }

    def note(self, kind: str, text: str) -> None:
        self.timeline.append(Happening(self.world.now, kind, text))

    def up(self, frame: bytes) -> None:
        """The thing sent this frame."""
        payload = self._open(frame, "up", UP_NAMES)
        if payload is None:
            return
        message_id = payload[messages.ID]
        # A thing that lost its memory counts its messages anew.
        known = (len(self.damaged), message_id)
        if message_id and known in self._known:
            return
        self._known.add(known)
        handler = self._handlers.get(payload[messages.KIND])
        try:
            if handler:
                handler(payload)
        except codec.CodecError as error:
            self.unreadable += 1
            self.note("trouble", f"what the thing sent breaks the wire's rules: {error}")

    def down(self, frame: bytes) -> None:
        """The desk sent this frame."""
        payload = self._open(frame, "down", DOWN_NAMES)
        if payload is None or payload[messages.KIND] not in STATES_TOLD:
            return
        word, known, states = STATES_TOLD[payload[messages.KIND]]
        body = payload[messages.BODY]
        told = (body[1], body[2])
        if told in self.told:
            return
        self.told.add(told)
        name = getattr(self, known).get(body[1], body[1].hex()[:8])
        self.note(word, f"{name} {states[body[2]]}")

    def parcel(self, number: str, order: bytes, packs: int) -> None:
        """Goods were put down at the door, for the order of this number and id."""
        self.parcels.append((self.world.now, number, order, packs))

    def verified_unseen(self) -> list[bytes]:
        """Orders that the thing called verified before anything was brought for them."""
        brought: dict[bytes, int] = {}
        for at, _, order, _ in self.parcels:
            brought.setdefault(order, at)
        return [order for order, at in self.verified.items()
                if at < brought.get(order, at + 1)]

    def broke(self, what: str, shows_as: tuple[str, ...], over_s: int, cut_off: bool) -> None:
        self.injected.append(Injected(self.world.now, what, shows_as, over_s, cut_off))
        self.note("fault", what)

    def mended(self, what: str) -> None:
        self.ended[what] = self.world.now
        self.note("repair", what)

    def booted(self) -> None:
        self.boots.append(self.world.now)

    def cut(self, for_s: int) -> None:
        """The network is gone for a while."""
        self.cuts.append((self.world.now, self.world.now + for_s))
        self.note("network", f"cut off for {for_s / 3600:g} h")

    def cut_between(self, start: int, end: int) -> bool:
        return any(begun < end and over > start for begun, over in self.cuts)

    def damage(self, text: str) -> None:
        """The flash lost or changed what it had kept."""
        self.damaged.append(self.world.now)
        self.note("power", text)

    def forgot_between(self, start: int, end: int) -> bool:
        """Had the thing a reason to have forgotten something by then?"""
        return any(start <= at <= end for at in self.damaged)

    def crashed(self, reason: str) -> None:
        """The agent raised something: our bug, which no scenario allows."""
        self.crashes.append((self.world.now, reason))
        self.note("trouble", f"crash: {reason}")

    def true_at(self, mode: str, at: int, grace_s: int) -> bool:
        """Was anything broken at that time, or just before, that shows as this failure mode?"""
        return any(
            fault.at <= at <= self.ended.get(fault.what, at) + grace_s
            for fault in self.injected
            if mode in fault.shows_as
        )

    def _open(self, frame: bytes, direction: str, names: dict[int, str]) -> dict | None:
        self.frames[direction].append(frame)
        try:
            payload = codec.open_frame(frame, self._root_key, self._thing, direction)
        except codec.CodecError as error:
            self.unreadable += 1
            self.note("trouble", f"{direction} frame cannot be opened: {error}")
            return None
        name = names.get(payload[messages.KIND], str(payload[messages.KIND]))
        self.kinds[direction][name] += 1
        self.kind_bytes[direction][name] += len(frame)
        self.sequences[direction].append((self.world.now, payload[messages.SEQ]))
        return payload

    def _order(self, payload: dict) -> None:
        content = codec.peek_document(payload[messages.BODY][1])
        order = messages.read(messages.ORDER_DOCUMENT, content)
        self.orders.setdefault(order["order"], (self.world.now, order))
        self.order_names[order["order"]] = order["sku"]
        self.note("order", f"{order['packs']} x {order['sku']} from {order['seller']} for "
                           f"{order['total_minor'] / 100:.2f} {order['currency']}")

    def _order_event(self, payload: dict) -> None:
        body = payload[messages.BODY]
        words = ("", "cancelled by the thing", "verified", "came partly", "did not come",
                 "is wrong", "came twice", "was returned")
        if body[2] == 2:
            self.verified.setdefault(body[1], self.world.now)
        name = self.order_names.get(body[1], body[1].hex()[:8])
        self.note("order", f"{name} {words[body[2]]}")

    def _case(self, payload: dict) -> None:
        body = payload[messages.BODY]
        known = body[1] in self.case_names
        self.case_names[body[1]] = body[2]
        self.note("case", f"{body[2]} {'updated' if known else f'asks for {body[3]}'}")

    def _case_event(self, payload: dict) -> None:
        body = payload[messages.BODY]
        word = ("", "recovered", "came back", "withdrawn", "escalated")[body[2]]
        self.note("case", f"{self.case_names.get(body[1], body[1].hex()[:8])} {word}")

    def _hello(self, payload: dict) -> None:
        self.hellos.append((self.world.now, payload[messages.BODY]))

    def _finding(self, payload: dict) -> None:
        body = payload[messages.BODY]
        seen = Seen(payload[messages.AT], body[1], body[2], body[3])
        self.findings.append(seen)
        word = {CONFIRMED: "confirmed", CLEARED: "cleared"}.get(body[3], "raised")
        self.note("finding", f"{body[1]} ({body[2]}) {word}")
