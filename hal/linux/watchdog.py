"""The watchdog on Linux: systemd's (sd_notify(3)), which restarts a service that falls silent."""

import os
import socket
import time

PERIOD_S = 1.0  # the unit's WatchdogSec is many times this


class Watchdog:
    """`feed` tells systemd that all is well, at most once a second; without systemd, nobody."""

    def __init__(self):
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if self._address else None
        self._fed_at = 0.0
        self._tell(b"READY=1")

    def feed(self) -> None:
        now = time.monotonic()
        if now - self._fed_at >= PERIOD_S:
            self._fed_at = now
            self._tell(b"WATCHDOG=1")

    def close(self) -> None:
        self._tell(b"STOPPING=1")
        if self._socket is not None:
            self._socket.close()

    def _tell(self, words: bytes) -> None:
        if self._socket is not None:
            # An address that begins with @ is in the abstract namespace.
            self._socket.sendto(words, self._address.replace("@", "\0", 1))
