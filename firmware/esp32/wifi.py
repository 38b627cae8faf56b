"""Keeps the thing on its network: joins, notices when it is gone, joins again, never waits.

The chip's own reconnecting is off, because it gives up silently and knows one network; here every
attempt has an end, waits grow with jitter, and a radio that says it is connected while nothing
gets through is switched off and on.
"""

from hal.backoff import Backoff

JOIN_MS = 20_000  # for association and an address; DHCP on a busy network takes ten seconds
RADIO_ATTEMPTS = 4  # failed in a row, then the radio is switched off and on
DEAF_MS = 900_000  # connected, yet no session with the broker: as good as not connected

DOUBT = 4  # dials in a row that came to no session: certificates have dates, and time may be wrong

HOPELESS = (201, 202)  # statuses: no network of that name, wrong password; waiting mends neither

WAITING, JOINING, JOINED = 0, 1, 2
STATES = ("waiting", "joining", "joined")


class Wifi:
    """Supervises `wlan`, a network.WLAN in station mode. networks: [(name, password), ...].

    `entropy(n)`: n random bytes; `ticks`: the ticks port. Counters: `joins`, `failures`,
    `restarts` of the radio; `error` is why the last attempt ended.
    """

    def __init__(self, wlan, networks, entropy, ticks):
        self.state = WAITING
        self.joins = self.failures = self.restarts = 0
        self.error = None
        self._wlan = wlan
        self._networks = networks
        self._ticks = ticks
        self._backoff = Backoff(entropy)
        self._in_a_row = 0
        self._since = self._next = self._heard = ticks.ticks_ms()
        self._power(True)

    def joined(self) -> bool:
        return self.state == JOINED

    def poll(self, now_ms, heard=False) -> None:
        """Every turn. heard: whether something beyond the network answers, a broker's session."""
        if self.state == JOINED:
            self._keep(now_ms, heard)
        elif self.state == JOINING:
            self._look(now_ms)
        elif self._ticks.ticks_diff(now_ms, self._next) >= 0 and self._networks:
            self._join(now_ms)

    def off(self) -> None:
        """Leave the network and switch the radio off; do not `poll` until `on`."""
        if self.state != WAITING:
            self._disconnect()
        self.state = WAITING
        self._power(False)

    def on(self) -> None:
        """Switch the radio on; joins at the next poll."""
        self._power(True)
        self._next = self._ticks.ticks_ms()

    def network(self) -> str:
        """The name of the network that is meant."""
        return self._networks[self.failures % len(self._networks)][0] if self._networks else ""

    def signal_dbm(self):
        """How strongly the network is received, or None."""
        try:
            return self._wlan.status("rssi") if self.joined() else None
        except OSError:  # it has just been lost, which the next turn sees
            return None

    def _join(self, now_ms):
        name, password = self._networks[self.failures % len(self._networks)]
        self.state, self._since = JOINING, now_ms
        try:
            self._wlan.connect(name, password)
        except OSError as error:
            self._failed(now_ms, str(error))

    def _look(self, now_ms):
        if self._wlan.isconnected():
            self.state, self._since, self._heard = JOINED, now_ms, now_ms
            self.joins += 1
            self.error = None
        elif (
            self._ticks.ticks_diff(now_ms, self._since) >= JOIN_MS
            or self._wlan.status() in HOPELESS
        ):
            self._failed(now_ms, "no connection, status %s" % self._wlan.status())

    def _keep(self, now_ms, heard):
        if heard:
            self._heard, self._in_a_row = now_ms, 0
        if not self._wlan.isconnected():
            self._failed(now_ms, "connection lost")
        elif self._ticks.ticks_diff(now_ms, self._heard) >= DEAF_MS:
            self._in_a_row = RADIO_ATTEMPTS
            self._failed(now_ms, "connected, but nothing answers")

    def _failed(self, now_ms, error):
        lasted = self._ticks.ticks_diff(now_ms, self._since) if self.state == JOINED else 0
        self.error = error
        self.failures += 1
        self._in_a_row += 1
        self.state = WAITING
        self._next = self._ticks.ticks_add(now_ms, self._backoff.next_ms(lasted))
        self._disconnect()
        if self._in_a_row >= RADIO_ATTEMPTS:
            self._in_a_row = 0
            self.restarts += 1
            self._power(False)
            self._power(True)

    def _power(self, on):
        try:
            self._wlan.active(on)
        except OSError as error:  # out of memory, or the radio is ill: tried again, and not crashed
            self.error = str(error)

    def _disconnect(self):
        try:
            self._wlan.disconnect()
        except OSError as error:  # the chip was not even started: nothing to leave
            self.error = "%s; %s" % (self.error, error)


class Online:
    """The link of hal/__init__.py behind a network: dials only when joined and the time is set.

    Certificates have dates, and the chip has no clock at boot: `clock.poll(now_ms)` sets it and
    `clock.known` says whether it is.
    """

    def __init__(self, wifi, clock, link):
        self.wifi = wifi
        self.clock = clock
        self.link = link
        self.received = link.received
        self.acknowledge = link.acknowledge
        self.publish = link.publish
        self.close = link.close
        self.redirect = link.redirect
        self.asleep = False
        self.failures = self._doubted = 0

    def sleep(self) -> None:
        """Say goodbye and switch the radio off, until `wake`."""
        self.link.close()
        self.wifi.off()
        self.asleep = True

    def wake(self) -> None:
        self.wifi.on()
        self.asleep = False

    def poll(self, now_ms) -> None:
        failures = self.failures = self.link.failures
        if self.asleep:
            return
        self.wifi.poll(now_ms, self.link.ready())
        if failures != self._doubted and not failures % DOUBT:
            self._doubted = failures
            if failures:
                self.clock.doubt()
        if self.wifi.joined() and not self.clock.known:
            self.clock.poll(now_ms)
        # A session that has begun is served on: it finds out by itself that its network is gone.
        if self.clock.known and (self.wifi.joined() or self.link.ready()):
            self.link.poll(now_ms)

    def ready(self) -> bool:
        return self.link.ready()

    def facts(self) -> list:
        """Name and value of what a person wants to know."""
        wifi, clock, link = self.wifi, self.clock, self.link
        return [
            ("network", wifi.network()),
            ("wifi", STATES[wifi.state]),
            ("signal_dbm", wifi.signal_dbm()),
            ("joins", wifi.joins),
            ("wifi_error", wifi.error),
            ("time_from", clock.source),
            ("time_error", clock.error),
            ("broker", "connected" if link.ready() else "not connected"),
            ("sessions", link.sessions),
            ("broker_error", None if link.error is None else str(link.error)),
        ]
