"""Two ways to the desk, of which the one that leads there is kept.

`link` in the store holds the way that is known and may hold a "next", as the desk told of it
(agent/service/ways.py). It is taken at once, and again whenever ASTRAY attempts in a row found no
session. Only a word of the desk makes it the first, in one write: so a wrong one costs hours and
never the thing, and whichever of two brokers goes away, the thing finds the one that stays.
"""

from agent import loan
from agent.wire import cbor
from agent.wire import messages as wire
from hal import HalError

ASTRAY = 24  # attempts in a row, an hour's and a half by hal/backoff.py
SILENT_S = 2 * 86400  # a broker that lets us in, and no desk: longer than a thing on battery sleeps


def begin(loop, store):
    """Take the other way at once; one that is being tried has proved itself, if it told of this."""
    watch = loop.ways = loop.ways or Watch(loop, store)
    if not watch.other or watch.keep():
        watch.turn(loop.clock.uptime())


class Watch:
    """What a loop with two ways asks once a turn. `other`: whether that one is taken."""

    def __init__(self, loop, store):
        self.other = False
        self._way = {}  # the one that was taken last
        self._loop = loop
        self._agent = loop.agent
        self._store = store
        self._since = self._heard = 0

    def watch(self, now):
        """Keep the other way once the desk was heard on it; leave one that leads nowhere."""
        heard = self._agent.inbox.accepted
        if self.other and heard != self._heard:
            self._heard = heard  # where flash is full, the next word is an occasion again
            self.keep()
        elif self._loop.link.failures >= ASTRAY or (
            self.other and now - self._since >= SILENT_S
        ):
            self.turn(now)

    def turn(self, now):
        """Take the way that is not taken now."""
        link = self._loop.link
        known = self._known()
        way = known.get("next")
        if self.other and way:
            self._say(way, "no desk there")
        self.other = not self.other and way is not None
        self._since, self._heard = now, self._agent.inbox.accepted
        way = way if self.other else known
        try:
            client = way.get("client") or known.get("client")
            link.redirect(way["host"], way["port"], way["ca"], client)
        except (KeyError, ValueError) as error:  # of no use: what was dialled goes on
            self._loop.ways = None
            self._say(way, str(error))
            self._agent.tell("another way to the desk: %s" % error)
            return
        self._way = way
        if self.other:  # a word that the desk answers, or hours might pass before one comes
            agent = self._agent
            agent.outbox.put(wire.HELLO, agent.hello(), agent.age(), b"way")

    def keep(self):
        """The other one is the first from now on, and the first one the other, unless the desk has
        told of one more meanwhile: return whether it has, and that one can be taken.
        """
        first, way = self._known(), dict(self._way)
        told = first.pop("next", way)
        more = any(told.get(key) != way.get(key) for key in ("host", "port", "ca", "client"))
        self._say(way, "kept")
        way.pop("id", None)
        try:
            self._store.save("link", cbor.encode(dict(first, **way, next=told if more else first)))
        except HalError as error:
            self._loop.error = error
            return False
        self.other = False
        self._agent.tell("the desk is found at %s:%d now" % (way["host"], way["port"]))
        return more

    def _known(self):
        try:
            return cbor.decode(self._store.load("link"))
        except (HalError, ValueError, TypeError) as error:  # damaged, or erased
            self._loop.error = error
            return {}

    def _say(self, way, said):
        """The desk that told of a way hears what became of it."""
        if "id" in way:
            agent = self._agent
            loan.call("agent.service.ways", "tell", agent, way["id"], way, said, agent.age())
