"""Listens on the broker to what a thing and its desk say to each other, and tells it in words.

It has the thing's key, as the desk has; it opens frames with the desk's codec and says nothing
itself.
"""

import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt

from sim.desk import codec, messages

FINDING_WORDS = {1: "suspected", 2: "confirmed", 3: "gone"}
KEEP_ALIVE_S = 20


class Wiretap:
    """`note(kind, text)` is called from a thread of its own for everything worth a line."""

    def __init__(self, host: str, port: int, ca_path: Path, thing: str, root_key: bytes,
                 note: Callable[[str, str], None]):
        self._thing = thing
        self._root_key = root_key
        self._note = note
        self._seen: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, f"wiretap-{secrets.token_hex(4)}"
        )
        self._client.tls_set(ca_certs=str(ca_path))
        self._client.on_connect = self._subscribe
        self._client.on_message = self._overhear
        self._client.reconnect_delay_set(1, 2)
        self._client.connect_async(host, port, KEEP_ALIVE_S)

    def start(self) -> "Wiretap":
        self._client.loop_start()
        return self

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client, *_) -> None:
        client.subscribe([(f"steward/1/{self._thing}/{way}", 1) for way in ("up", "down")])

    def _overhear(self, _client, _userdata, message: mqtt.MQTTMessage) -> None:
        way = message.topic.rpartition("/")[2]
        try:
            frame = bytes(message.payload)
            payload = codec.open_frame(frame, self._root_key, self._thing, way)
        except codec.CodecError as error:
            self._note("trouble", f"a frame {way} cannot be opened: {error}")
            return
        identifier = payload[messages.ID]
        with self._lock:
            if identifier and (way, identifier) in self._seen:
                return  # said again until it is acknowledged
            self._seen.add((way, identifier))
        tell = (TOLD_UP if way == "up" else TOLD_DOWN).get(payload[messages.KIND])
        if tell is not None:
            self._note(*tell(payload[messages.BODY]))


def _finding(body: dict) -> tuple[str, str]:
    return "finding", f"{body[1]}: {body[2]} {FINDING_WORDS[body[3]]}, {body[5]} % sure"


def _request(body: dict) -> tuple[str, str]:
    return "order", f"{body[2]} low: asks its sellers (round {body[6]})"


def _offer(body: dict) -> tuple[str, str]:
    terms = codec.peek_document(body[2])
    what = f"{terms[6]} x {terms[4]} for {terms[10] / 100:.2f} {terms[11]}"
    return "order", f"{terms[3]} offers {what}, in {terms[12] / 3600:.0f} h"


def _decline(body: dict) -> tuple[str, str]:
    return "order", f"{body[2]} declines: {body[3]}"


TOLD_UP = {messages.FINDING: _finding, messages.RFQ: _request}
TOLD_DOWN = {messages.OFFER: _offer, messages.DECLINE: _decline}
