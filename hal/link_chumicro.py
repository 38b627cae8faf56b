"""The link on MicroPython: MQTT 3.1.1 over TLS with chumicro-mqtt, never blocking.

The library's own connector is replaced, because its TLS handshake blocks until the broker answers
and a silent broker would starve the watchdog; here the handshake goes on inside ordinary reads and
writes. Looking up the broker's name is the one call that may block, for as long as the resolver
does. Re-dialling is ours as well: the library's has no jitter.

A message is acknowledged to the broker (PUBACK) only by `acknowledge`, after the agent has made it
durable, and nothing is read while one waits for that. What was not acknowledged when a connection
ends is delivered again on the next one.
"""

import binascii
import errno
import gc
import select
import socket

import tls
from chumicro_mqtt import MQTTError
from chumicro_mqtt.client import MQTTClient, ProtocolState, encode_puback

from hal.backoff import Backoff

RECEIVE_BYTES = 1_280  # a frame of 1 KiB, its topic and MQTT's header
KEEP_ALIVE_S = 60
ANSWER_S = 15  # for a connect with its handshake (seconds on ESP32), a ping, an acknowledgement
WAITING_FRAMES = 4  # sent or queued without PUBACK; more wait in the outbox, which survives


class Link:
    """A session of `thing` with the broker at `host`; see hal/__init__.py for the verbs.

    `ca`: the authority's certificate; `client`: (certificate, key) for brokers that ask for one;
    DER or PEM. `entropy(n)`: n random bytes. `ticks`: the ticks port. Counters: `sessions` begun,
    `drops` of sessions, `failures` in a row to begin one, `oversized` messages thrown away; `error`
    is why the last attempt ended.
    """

    def __init__(self, host, port, thing, ca, entropy, ticks, client=None):
        self.sessions = self.drops = self.failures = self.oversized = 0
        self.error = None
        self._address = host, port
        self._topic = "steward/1/" + thing + "/"
        self._context = _context(ca, client)
        self._ticks = ticks
        self._backoff = Backoff(entropy)
        self._dial_at = ticks.ticks_ms()
        self._dialing = False
        self._session_began = None
        self._client = self._new_client(thing)

    def poll(self, now_ms) -> None:
        """Move bytes, dial when it is time, notice a dead connection."""
        client = self._client
        if not self._dialing:
            if self._ticks.ticks_diff(self._dial_at, now_ms) > 0:
                return
            gc.collect()  # the library and TLS allocate afresh for every connection
            self._dialing = True
            client.connect()
        try:
            client.handle(now_ms)
        except MemoryError:
            client.io_error(now_ms, 0)  # gives the connection up; the next dial finds a clean heap
        if client.state == ProtocolState.FAILED:
            self._ended(now_ms)

    def ready(self) -> bool:
        """True while `publish` may succeed."""
        return self._client.state == ProtocolState.CONNECTED

    def publish(self, frame) -> bool:
        """Hand a frame to the broker at QoS 1; False: not now, keep it."""
        client = self._client
        if not self.ready() or client.unacknowledged() >= WAITING_FRAMES:
            return False
        try:
            client.publish(self._topic + "up", frame, qos=1)
        except MQTTError:
            return False
        return True

    def received(self):
        """The oldest message not yet handed out, or None."""
        return self._client.take()

    def acknowledge(self) -> None:
        """All that `received` gave is durable: the broker may forget it."""
        self._client.acknowledge()

    def close(self) -> None:
        """Say goodbye if there is somebody to say it to; the next `poll` dials anew."""
        if self.ready():
            self._client.publish(self._topic + "status", b"offline", qos=1, retain=True)
            for _ in range(WAITING_FRAMES + 1):
                self._client.handle(self._ticks.ticks_ms())
        self._client.disconnect()
        self._client.forget()
        self._dialing, self._session_began = False, None
        self._dial_at = self._ticks.ticks_ms()

    def redirect(self, host, port, ca, client=None):
        """Leave this broker for another. Raises ValueError and changes nothing for no certificate.
        """
        context = _context(ca, client)
        self.close()
        self._address, self._context, self.failures = (host, port), context, 0

    def _new_client(self, thing):
        client = _Client(
            transport_factory=lambda: _Dial(self._address, self._context),
            client_id=thing,
            keep_alive_seconds=KEEP_ALIVE_S,
            ack_timeout_seconds=ANSWER_S,
            clean_session=False,
            will_topic=self._topic + "status",
            will_message=b"offline",
            will_qos=1,
            will_retain=True,
            rx_buffer_size=RECEIVE_BYTES,
            when_disconnected="raise",
            ticks=self._ticks,
        )
        client.on_connect = self._began
        client.on_oversized = self._too_big
        client.subscribe(self._topic + "down", 1)
        return client

    def _began(self):
        self.sessions += 1
        self.failures = 0
        self.error = None
        self._session_began = self._ticks.ticks_ms()
        self._client.publish(self._topic + "status", b"online", qos=1, retain=True)

    def _ended(self, now_ms):
        lasted = 0
        if self._session_began is not None:
            self.drops += 1
            lasted = self._ticks.ticks_diff(now_ms, self._session_began)
            self._session_began = None
        else:
            self.failures += 1
        self.error = self._client.last_error
        self._client.hold()
        self._client.forget()
        self._dialing = False
        self._dial_at = self._ticks.ticks_add(now_ms, self._backoff.next_ms(lasted))

    def _too_big(self, length, topic):
        self.oversized += 1


class _Client(MQTTClient):
    """The library's client, except that PUBACK waits for us. Tested against the pinned version."""

    def __init__(self, **options):
        self._arrived = []  # (payload, packet id) not yet handed out
        self._handed_out = []  # packet ids to acknowledge
        super().__init__(**options)

    def take(self):
        if not self._arrived:
            return None
        payload, packet_id = self._arrived.pop(0)
        self._handed_out.append(packet_id)
        return payload

    def acknowledge(self):
        while self._handed_out:
            self._enqueue_internal_tx(encode_puback(packet_id=self._handed_out.pop(0)))

    def forget(self):
        """Nothing outlives a connection: the outbox sends again, and the broker does."""
        self._arrived.clear()
        self._handed_out.clear()
        self._in_flight.clear()

    def unacknowledged(self):
        return len(self._in_flight)

    def _handle_inbound_publish(self, packet, pending_pubacks):
        if packet.qos:
            self._arrived.append((packet.payload, packet.packet_id))

    def _recv_suppressed(self):
        return bool(self._arrived or self._handed_out) or super()._recv_suppressed()


class _Dial:
    """One attempt to connect, as the library drives it: `tick` until `state` is ready or failed."""

    def __init__(self, address, context):
        self.state = "connecting"
        self.socket = None
        self.last_error = None
        self._address = address
        self._context = context
        self._plain = None
        self._poll = None

    def tick(self, now_ms):
        try:
            if self._plain is None:
                self._call()
            elif events := self._poll.poll(0):
                self._answered(events[0][1])
        except (OSError, ValueError) as error:
            self.last_error = error
            self.cancel()

    def cancel(self):
        if self._plain is not None:
            self._plain.close()
        self.state = "failed"

    def _call(self):
        family, kind, protocol, _, address = socket.getaddrinfo(*self._address)[0]
        self._plain = socket.socket(family, kind, protocol)
        self._plain.setblocking(False)
        try:
            self._plain.connect(address)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        self._poll = select.poll()
        self._poll.register(self._plain, select.POLLOUT)

    def _answered(self, events):
        if events & (select.POLLERR | select.POLLHUP):
            raise OSError(errno.ECONNREFUSED)
        secure = self._context.wrap_socket(
            self._plain, server_hostname=self._address[0], do_handshake_on_connect=False
        )
        self.socket = _Stream(secure)
        self.state = "ready"


class _Stream:
    """A TLS stream with the two socket verbs that the library uses, and errors that it knows."""

    def __init__(self, stream):
        self._stream = stream
        self.close = stream.close

    def send(self, data):
        return _trusted(self._stream.write, data) or 0

    def recv_into(self, buffer, count):
        got = _trusted(self._stream.readinto, buffer, count)
        if got is None:
            raise OSError(errno.EAGAIN)
        return got


def _trusted(verb, *arguments):
    try:
        return verb(*arguments)
    except ValueError as error:  # what MicroPython raises for a certificate that does not hold
        raise OSError(errno.EIO, "certificate refused: " + str(error).strip())


def _context(ca, client):
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    context.load_verify_locations(_der(ca))
    if client:
        context.load_cert_chain(_der(client[0]), _der(client[1]))
    return context


def _der(document):
    if not document.startswith(b"-----BEGIN"):
        return document
    body = document[document.find(b"\n") : document.find(b"-----END")]
    return binascii.a2b_base64(body)
