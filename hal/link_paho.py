"""The link on CPython: MQTT 3.1.1 over TLS with paho-mqtt, never blocking the loop.

Name look-up, TCP and the TLS handshake block inside the library, so one short-lived thread does
each dial; afterwards the loop drives the library's reads and writes itself. A thread for the whole
session would have needed a queue and locks between it and the agent, and would have acknowledged
messages on its own. Re-dialling is ours, with jitter.

A message is acknowledged to the broker (PUBACK) only by `acknowledge`, after the agent has made it
durable, and nothing is read while one waits for that. What was not acknowledged when a connection
ends is delivered again on the next one.
"""

import base64
import ssl
import tempfile
import threading

import paho.mqtt.client as mqtt

from hal.backoff import Backoff
from hal.linux import ticks as linux_ticks

KEEP_ALIVE_S = 60
ANSWER_S = 15  # for TCP, for the handshake, and for the broker's answer to our connect
WAITING_FRAMES = 4  # sent or queued without PUBACK; more wait in the outbox, which survives
PACKETS = 8  # read in one poll

WAITING, DIALING, GREETING, OPEN = range(4)


class Link:
    """A session of `thing` with the broker at `host`; see hal/__init__.py for the verbs.

    `ca`: the authority's certificate; `client`: (certificate, key) for brokers that ask for one;
    DER or PEM. `entropy(n)`: n random bytes. Counters: `sessions` begun, `drops` of sessions,
    `failures` in a row to begin one; `error` is why the last attempt ended. Raises ValueError
    when a certificate is none.
    """

    def __init__(self, host, port, thing, ca, entropy, ticks=linux_ticks, client=None):
        self.sessions = self.drops = self.failures = 0
        self.error = None
        self._topic = f"steward/1/{thing}/"
        self._ticks = ticks
        self._backoff = Backoff(entropy)
        self._state = WAITING
        self._deadline = ticks.ticks_ms()  # to dial, or to be answered
        self._session_began = None
        self._thread = None
        self._arrived = []  # (payload, packet id) not yet handed out
        self._handed_out = []  # packet ids to acknowledge
        self._address = host, port
        self._thing = thing
        self._context = _context(ca, client)
        self._client = None

    def poll(self, now_ms) -> None:
        """Move bytes, dial when it is time, notice a dead connection."""
        late = self._ticks.ticks_diff(now_ms, self._deadline) >= 0
        if self._state == WAITING and late:
            self._dial()
        elif self._state == DIALING and not self._thread.is_alive():
            self._state = GREETING
            self._deadline = self._ticks.ticks_add(now_ms, ANSWER_S * 1000)
        elif self._state in (GREETING, OPEN):
            self._pump()
            if self._client.socket() is None:
                self._ended(now_ms)
            elif self._state == GREETING and late:
                self.error = TimeoutError("the broker does not answer")
                self._ended(now_ms)

    def ready(self) -> bool:
        """True while `publish` may succeed."""
        return self._state == OPEN

    def publish(self, frame) -> bool:
        """Hand a frame to the broker at QoS 1; False: not now, keep it."""
        if not self.ready():
            return False
        return self._client.publish(self._topic + "up", frame, qos=1).rc == mqtt.MQTT_ERR_SUCCESS

    def received(self):
        """The oldest message not yet handed out, or None."""
        if not self._arrived:
            return None
        payload, packet_id = self._arrived.pop(0)
        self._handed_out.append(packet_id)
        return payload

    def acknowledge(self) -> None:
        """All that `received` gave is durable: the broker may forget it."""
        while self._handed_out:
            self._client.ack(self._handed_out.pop(0), 1)

    def close(self) -> None:
        """Say goodbye if there is somebody to say it to; the next `poll` dials anew."""
        if self.ready():
            self._client.publish(self._topic + "status", b"offline", qos=1, retain=True)
            self._client.disconnect()
            self._client.loop_write()
        self._forget()
        self._session_began = None
        self._deadline = self._ticks.ticks_ms()

    def redirect(self, host, port, ca, client=None):
        """Leave this broker for another. Raises ValueError and changes nothing for no certificate.
        """
        context = _context(ca, client)
        self.close()
        self._address, self._context, self.failures = (host, port), context, 0

    def _new_client(self):
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=self._thing,
            clean_session=False,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.tls_set_context(self._context)
        client.will_set(self._topic + "status", b"offline", qos=1, retain=True)
        client.connect_timeout = ANSWER_S
        client.max_inflight_messages_set(WAITING_FRAMES)
        client.max_queued_messages_set(WAITING_FRAMES)
        client.on_connect = self._answered
        client.on_disconnect = self._parted
        client.on_message = self._took
        client.connect_async(*self._address, KEEP_ALIVE_S)
        return client

    def _dial(self):
        # A client of its own for every connection: what an old one had not got through is sent
        # again by the outbox, and must not take the room of what is new.
        client = self._client = self._new_client()

        def dial():
            try:
                client.reconnect()
            except (OSError, ValueError) as error:
                self.error = error

        self.error = None
        self._state = DIALING
        self._thread = threading.Thread(target=dial, daemon=True)
        self._thread.start()

    def _pump(self):
        for _ in range(PACKETS):
            if self._arrived or self._handed_out:
                break
            self._client.loop_read()
        self._client.loop_write()
        self._client.loop_misc()

    def _answered(self, client, userdata, flags, reason, properties):
        if reason.is_failure:
            self.error = ConnectionRefusedError(str(reason))
            return
        self._state = OPEN
        self.sessions += 1
        self.failures = 0
        self._session_began = self._ticks.ticks_ms()
        client.subscribe(self._topic + "down", 1)
        client.publish(self._topic + "status", b"online", qos=1, retain=True)

    def _parted(self, client, userdata, flags, reason, properties):
        if self.error is None:
            self.error = ConnectionError(str(reason))

    def _took(self, client, userdata, message):
        if message.qos:
            self._arrived.append((message.payload, message.mid))

    def _ended(self, now_ms):
        lasted = 0
        if self._session_began is not None:
            self.drops += 1
            lasted = self._ticks.ticks_diff(now_ms, self._session_began)
            self._session_began = None
        else:
            self.failures += 1
        self._forget()
        self._deadline = self._ticks.ticks_add(now_ms, self._backoff.next_ms(lasted))

    def _forget(self):
        """Nothing outlives a connection: the outbox sends again, and the broker does."""
        self._arrived.clear()
        self._handed_out.clear()
        self._state = WAITING


def _context(ca, client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host name
    try:
        context.load_verify_locations(cadata=ca.decode() if ca.startswith(b"-----") else ca)
    except ssl.SSLError as error:
        raise ValueError(f"ca is no certificate: {error}") from error
    if client:
        # OpenSSL reads a key only from a file; this one is ours alone and gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\n".join(map(_pem, client, ("CERTIFICATE", "PRIVATE KEY"))))
            file.flush()
            try:
                context.load_cert_chain(file.name)
            except ssl.SSLError as error:
                raise ValueError(f"client is no certificate with its key: {error}") from error
    return context


def _pem(document: bytes, kind: str) -> bytes:
    """DER as PEM; of a key only PKCS #8, whose kind its own bytes tell."""
    if document.startswith(b"-----"):
        return document
    body = base64.encodebytes(document).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n".encode()
