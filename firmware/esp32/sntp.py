"""Sets the chip's clock from the network (SNTP, RFC 4330), so that certificates can be dated.

Anybody on the network may forge this time. It decides about nothing but the dates of
certificates: what the thing buys goes by the desk's own signed time (agent/clock.py). Where no
server answers, the last time that the thing knew is taken instead; a certificate of that time
still holds, and the desk puts the clock right afterwards. Where no session comes about it is asked
for again (`doubt`): the server, or the last time known, may have been wrong by years.
"""

import select
import socket
import struct

from hal.backoff import Backoff

PORT = 123
REQUEST = b"\x23" + bytes(47)  # version 4, client
SINCE_1900 = 2_208_988_800  # seconds from NTP's epoch to 1970
ANSWER_MS = 5_000
PATIENCE = 4  # unanswered requests, then the last known time is good enough to dial with
EARLIEST = 1_767_225_600  # 2026-01-01; an answer before this was written is none


class Clock:
    """`known` once the clock is set by `set_utc(unix seconds)`.

    fallback: unix seconds that cannot lie in the future, or None; `source` says what was taken.
    """

    def __init__(self, server, fallback, set_utc, entropy, ticks):
        self.source = None
        self.error = None
        self._server = server
        self._fallback = fallback
        self._set_utc = set_utc
        self._entropy = entropy
        self._ticks = ticks
        self._socket = None
        self._poll = None
        self._asked = ticks.ticks_ms()
        self.doubt()

    def doubt(self) -> None:
        """Have it asked for, and what is set taken only where nobody answers."""
        self.known = False
        self._unanswered = 0
        self._backoff = Backoff(self._entropy)
        self._next = self._ticks.ticks_ms()

    def poll(self, now_ms) -> None:
        """Ask, or look whether the answer is there. Only looking up the server's name may wait."""
        if self.known:
            return
        try:
            if self._socket is not None:
                self._look(now_ms)
            elif self._ticks.ticks_diff(now_ms, self._next) >= 0:
                self._ask(now_ms)
        except OSError as error:
            self._failed(now_ms, str(error))

    def _ask(self, now_ms):
        family, _, _, _, address = socket.getaddrinfo(self._server, PORT)[0]
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(address)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._asked = now_ms
        self._socket.send(REQUEST)

    def _look(self, now_ms):
        if self._poll.poll(0):
            utc = parse(self._socket.recv(48))
            if utc is None:
                self._failed(now_ms, "not an answer")
            else:
                self._close()
                self._take(utc, self._server)
        elif self._ticks.ticks_diff(now_ms, self._asked) >= ANSWER_MS:
            self._failed(now_ms, "no answer")

    def _take(self, utc, source):
        self._set_utc(utc)
        self.known, self.source = True, source

    def _failed(self, now_ms, error):
        self.error = error
        self._close()
        self._unanswered += 1
        self._next = self._ticks.ticks_add(now_ms, self._backoff.next_ms())
        if self._unanswered >= PATIENCE:
            if self.source:
                self.known = True
            elif self._fallback:
                self._take(self._fallback, "last known")

    def _close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def parse(answer):
    """Unix seconds of a server's answer, or None for one that tells no time."""
    if len(answer) < 48 or answer[0] & 7 != 4 or not 0 < answer[1] < 16:
        return None
    seconds = struct.unpack_from(">I", answer, 40)[0]
    if seconds < SINCE_1900:  # the counter's second round begins in 2036
        seconds += 1 << 32
    utc = seconds - SINCE_1900
    return utc if utc >= EARLIEST else None
