"""What stands before REST: no body is too long, nobody asks too often, answers say how they are to
be treated, and each request is counted and written down."""

import http
import logging
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sim.desk.rest.access import INSIDE, endpoint_of
from sim.desk.rest.metrics import Metrics
from sim.desk.rest.views import Problem

log = logging.getLogger("steward.desk.rest")

BODY_BYTES = 64 * 1024  # the longest that a person or program has to say
RELEASE_BYTES = 16 * 1024 * 1024  # a release with its files in base64
RATE, BURST = 50.0, 400.0  # requests a second of one address, and how many may come at once
ADDRESSES = 10_000  # that are remembered
PLAIN = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
# The description is drawn by a script, and begun by one inside of it.
DRAWN = PLAIN | {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    )
}
SECURE = "max-age=31536000"
PAGE = ("/desk", "/_nicegui")  # what is shown there has its own gate, with its own headers
LOOKS = ("GET", "HEAD")


def foreign(scope: Scope) -> bool:
    """Whether another web page has a browser change something here.

    It need not be let in to do that where nobody is asked for a key, as on this machine.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    changes = scope["type"] == "websocket" or scope["method"] not in LOOKS
    return changes and origin is not None and urlsplit(origin).netloc != headers.get("host")


class Rates:
    """One bucket of tokens an address: each request takes one, they come back with time."""

    def __init__(self, rate: float = RATE, burst: float = BURST):
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str, now: float) -> int:
        """Nought if it may ask now, else after how many seconds."""
        left, since = self._buckets.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        allowed = left >= 1
        self._buckets[address] = (left - allowed, now)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, round((1 - left) / self._rate))


class Guard:
    """ASGI before a desk's application; what the page asks for inside of the process passes."""

    def __init__(self, app: ASGIApp, metrics: Metrics, rates: Rates | None = None):
        self._app, self._metrics, self._rates = app, metrics, rates or Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        shown = path.startswith(PAGE) and scope.get("method") in LOOKS  # signing in is a POST
        if scope["type"] != "http" or INSIDE in scope or shown:
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        answer = _Answer(scope, send)
        try:
            await self._serve(scope, receive, answer, began)
        finally:
            self._note(scope, answer.status, began)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer", began: float):
        client = scope.get("client")
        wait_s = self._rates.wait_s(client[0] if client else "", began)
        if wait_s:
            await answer.problem(429, "too many requests", {"retry-after": str(wait_s)})
            return
        if foreign(scope):
            await answer.problem(403, "this came from another web page")
            return
        most = RELEASE_BYTES if scope["path"] == "/releases" else BODY_BYTES
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > most:
            await answer.problem(413, f"the body may have {most} bytes")
            return
        await self._app(scope, _bounded(receive, most), answer)

    def _note(self, scope: Scope, status: int, began: float) -> None:
        endpoint = endpoint_of(scope) or f"{scope['method']} elsewhere"
        self._metrics.served(endpoint, status, began)
        caller = scope.get("state", {}).get("caller")
        log.info("%s %s", scope["method"], scope["path"], extra={
            "status": status, "ms": round((time.monotonic() - began) * 1000),
            "caller": caller.name if caller else "",
        })  # fmt: skip


class _Answer:
    """`send` with the headers that REST's answers have; keeps the status."""

    def __init__(self, scope: Scope, send: Send):
        self._scope, self._send = scope, send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            drawn = self._scope["path"] in ("/docs", "/docs/oauth2-redirect")
            for name, value in (DRAWN if drawn else PLAIN).items():
                headers.setdefault(name, value)
            if self._scope["scheme"] == "https":
                headers.setdefault("strict-transport-security", SECURE)
        await self._send(message)

    async def problem(self, status: int, detail: str, more: dict[str, str] | None = None) -> None:
        """Answer instead of the application."""
        title = http.HTTPStatus(status).phrase
        content = Problem(title=title, status=status, detail=detail).model_dump_json().encode()
        headers = {"content-type": "application/problem+json", **(more or {}),
                   "content-length": str(len(content)), "connection": "close"}  # fmt: skip
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": content})


def _bounded(receive: Receive, most: int) -> Receive:
    """`receive` that fails once a body, whatever it said of its length, is longer than that."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, f"the body may have {most} bytes")
        return message

    return bounded
