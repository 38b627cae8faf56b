"""Joins a desk to an MQTT broker: frames in, frames out, and nothing promised before it is kept.

One thread does everything in turn, so that a desk needs no lock of its own: wait for the socket,
take in what came, carry out what is due, publish. The broker gets its PUBACK only after the
database has committed; when the database is out of reach the connection is dropped instead, and
the broker delivers again. Several desks share the work by a shared subscription
(`$share/<group>/…`, MQTT 5 section 4.8.2, which brokers also offer to 3.1.1 clients).
"""

import dataclasses
import logging
import random
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from sqlalchemy.exc import SQLAlchemyError

from sim.desk.core import Desk

log = logging.getLogger("steward.desk")
link_log = logging.getLogger("steward.desk.broker")

ROOT = "steward/1"
ONLINE = b"online"
KEEP_ALIVE_S = 30
POLL_S = 0.1  # how long what another worker or REST queued may lie before it is published
DUE_POLL_S = 1.0
RETRY_S, RETRY_LONGEST_S = 0.5, 60.0
RESTS_S = 5.0  # before what failed is tried again
PUBLISHING_MOST = 200  # frames handed to the client and not yet acknowledged by the broker


@dataclasses.dataclass(frozen=True)
class Link:
    """Where the broker is and how to be let in. Without a CA file the system's CAs are trusted.

    plain: no TLS; for a broker in the same machine only. share: the group of a shared
    subscription when several desks serve the same things.
    """

    host: str
    port: int = 8883
    name: str = "desk"
    ca_path: Path | None = None
    certificate_path: Path | None = None
    key_path: Path | None = None
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    share: str | None = None
    plain: bool = False


class Consumer:
    """The thread between one desk and one broker; `start` and `stop` it once each."""

    def __init__(self, desk: Desk, link: Link, rng: random.Random | None = None):
        self.desk = desk
        self.link = link
        self.received = 0
        self.published = 0
        self.failed = 0  # times that the desk itself failed: our bug, or one of a seller's port
        self._rng = rng or random.Random()
        self._stopping = threading.Event()
        self._accepted = False  # by the broker, with the subscriptions in place
        self._reason: object = None  # for which this side wants to begin anew
        self._next: dict[str, float] = {}  # when what is to be done next
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name="desk-consumer", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether messages are coming in."""
        return self._accepted

    def start(self) -> "Consumer":
        """Begin to connect, and keep at it until stopped."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish what is in hand and disconnect; the broker keeps the session."""
        self._stopping.set()
        self._thread.join()

    def wait_until_ready(self, timeout_s: float = 10.0) -> bool:
        """Wait for the subscriptions; whether they came in time."""
        end = time.monotonic() + timeout_s
        while not self._accepted and time.monotonic() < end:
            time.sleep(0.02)
        return self._accepted

    def _make_client(self) -> mqtt.Client:
        link = self.link
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"steward-{link.name}",
            clean_session=False,
            manual_ack=True,
        )
        if not link.plain:
            ca = str(link.ca_path) if link.ca_path else None
            certificate = str(link.certificate_path) if link.certificate_path else None
            key = str(link.key_path) if link.key_path else None
            client.tls_set(ca_certs=ca, certfile=certificate, keyfile=key)
        if link.username is not None:
            client.username_pw_set(link.username, link.password)
        client.max_queued_messages_set(PUBLISHING_MOST)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._message
        return client

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            reason: object = "the connection was lost"
            try:
                self._client.connect(self.link.host, self.link.port, KEEP_ALIVE_S)
                self._serve()
            except OSError as error:
                reason = error
            failures = 0 if self._accepted else failures + 1
            reason, self._reason = self._reason or reason, None
            self._accepted = False
            if not self._stopping.is_set():
                self._wait(reason, self._pause_s(failures))
        self._client.disconnect()

    def _wait(self, reason: object, pause_s: float) -> None:
        """Say why there is no connection and when the next attempt is; then wait for that."""
        link_log.warning("broker %s:%d: %s; tries again in %.1f s",
                         self.link.host, self.link.port, reason, pause_s)  # fmt: skip
        self._stopping.wait(pause_s)

    def _serve(self) -> None:
        """Until the connection ends or the desk is stopped."""
        while self._client.loop(timeout=POLL_S) == mqtt.MQTT_ERR_SUCCESS and not self._reason:
            if self._accepted:
                self._pump()
            if self._stopping.is_set():
                return

    def _pump(self) -> None:
        """Carry out what is due, and publish what the desk has to say, each though the other
        fails."""
        for work, every_s in ((self.desk.tick, DUE_POLL_S), (self._publish, 0.0)):
            now, name = time.monotonic(), work.__name__
            if now < self._next.get(name, 0.0):
                continue
            self._next[name] = now + every_s
            try:
                work()
            except SQLAlchemyError as error:
                self._break(error)
            except Exception:
                # A fault in one thing's affairs, ours or that of a seller's port. This thread is
                # the desk's only ear and must live on.
                self._next[name] = now + RESTS_S
                self._fail(name)

    def _publish(self) -> None:
        while (outgoing := self.desk.take()) is not None:
            thing_id, frame = outgoing
            self._client.publish(f"{ROOT}/{thing_id}/down", frame, qos=1)
            self.published += 1

    def _fail(self, at: str) -> None:
        self.failed += 1
        log.exception("the desk failed at %s", at)

    def _connected(self, client, _userdata, _flags, reason, _properties) -> None:
        if reason.is_failure:
            self._reason = f"refuses the connection: {reason}"
            return
        prefix = f"$share/{self.link.share}/" if self.link.share else ""
        # Retained messages are not sent to shared subscriptions, so each desk hears every status.
        client.subscribe([(f"{prefix}{ROOT}/+/up", 1), (f"{ROOT}/+/status", 1)])

    def _subscribed(self, _client, _userdata, _id, reasons, _properties) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._reason = f"refuses the subscriptions: {', '.join(refused)}"
            return
        self._accepted = True
        link_log.info("broker %s:%d: connected", self.link.host, self.link.port)

    def _message(self, client, _userdata, message: mqtt.MQTTMessage) -> None:
        thing_id, _, word = message.topic.removeprefix(ROOT + "/").rpartition("/")
        try:
            if word == "up":
                self.desk.receive(thing_id, bytes(message.payload))
                self.received += 1
            elif word == "status":
                self.desk.status(thing_id, message.payload == ONLINE)
        except SQLAlchemyError as error:
            self._break(error)
            return
        except Exception:
            # A fault in one message, of any kind: nothing of it was kept, so the thing asks again.
            # Holding the PUBACK back would stop all other things as well.
            self._fail(f"a message on {message.topic}")
        client.ack(message.mid, message.qos)

    def _break(self, error: SQLAlchemyError) -> None:
        log.error("database: %s", error)
        self._reason = "left, for the database does not answer"

    def _pause_s(self, failures: int) -> float:
        """Doubling, with jitter, so that a fleet of desks does not come back all at once."""
        longest = min(RETRY_LONGEST_S, RETRY_S * 2 ** min(failures, 10))
        return longest * self._rng.uniform(0.5, 1.0)
