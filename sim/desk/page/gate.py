"""Who may see the page: whoever signed in with a key; while there is none, this machine.

A key is typed once and answered with a cookie that says until when and for which key it is good,
sealed with a secret that follows from the desk's own key: nothing is stored, several desks with one
key know each other's cookies, and a new one ends them all. (A desk without one makes up the secret
when it starts.) Every request for the page needs it, its scripts and its WebSocket too; a key that
was ended lets nobody in. What another web page sends is turned away by its Origin.
"""

import asyncio
import hmac
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from sim.desk.access import DESK, Caller, Door
from sim.desk.page.sign_in import form
from sim.desk.permissions import may
from sim.desk.rest.guard import foreign

HOME, SIGN_IN, SIGN_OUT = "/desk/", "/desk/sign-in", "/desk/sign-out"
COOKIE = "steward_desk"
FIRST = ("orders", "releases")  # of who may not see the overview
SIGNED_IN_S = 12 * 3_600
SLOWLY_S = 1.0  # after a wrong key
FORM_BYTES = 4_096
GUARDS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    # Vue compiles its templates in the browser, hence eval; nothing may come from or go elsewhere.
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True)
class Entry:
    """Who looks at the page, through which REST; `until` when, None where nobody need sign in."""

    caller: Caller
    rest: Any
    until: int | None


class Gate:
    """ASGI in front of the page's application; hands it an Entry as `scope["steward"]`."""

    def __init__(self, app: ASGIApp, rest, door: Door):
        self.app = app
        self.rest = rest
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        # Mounted at several paths, but the application inside knows its whole paths.
        root = scope.get("app_root_path", "")
        entry = await run_in_threadpool(self.entry, _headers(scope).get("cookie", ""))
        scope = {**scope, "root_path": root, "steward": entry}
        answer = await self._answer(scope, receive)
        if answer is not None:
            await answer(scope, receive, send)
        elif scope["type"] == "http":
            await _until_left(self.app, scope, receive, _guarded(send))
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive):
        """What to say instead of the page; None: let it through."""
        headers = _headers(scope)
        if foreign(scope):
            return _denied(scope, "this came from another web page")
        if scope["type"] == "http" and scope["path"] == SIGN_OUT:
            return _signed_out()
        if scope["type"] == "http" and scope["path"] == SIGN_IN:
            return await self._sign_in(Request(scope, receive))
        if scope["steward"] is not None:
            return None
        if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
            return RedirectResponse(f"{SIGN_IN}?next={quote(scope['path'])}", 303)
        return _denied(scope, "sign in first")

    def entry(self, cookies: str) -> Entry | None:
        """Who gets in with a cookie header, and until when; None if nobody does."""
        if not self.door.guarded:
            return Entry(DESK, self.rest, None)
        found = SimpleCookie(cookies).get(COOKIE)
        told, _, seal = (found.value if found else "").rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(told).encode()):
            return None
        until, key = (int(word) for word in told.split("."))
        caller = self.door.still(key) if until > time.time() else None
        return Entry(caller, self.rest.of(key), until) if caller is not None else None

    def _seal(self, told: str) -> str:
        return hmac.digest(self.door.seal, told.encode(), "sha256").hex()

    async def _sign_in(self, request: Request) -> Response:
        target = _target(request.query_params.get("next", HOME))
        if request.method != "POST":
            return HTMLResponse(form(), headers=GUARDS)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES:
                return HTMLResponse(form("That is too long for a key."), 413, headers=GUARDS)
        given = parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0]
        caller = await run_in_threadpool(self.door.who, given)
        if caller is None:
            await asyncio.sleep(SLOWLY_S)
            return HTMLResponse(form("This is not a key of this desk."), 403, headers=GUARDS)
        if not may(caller.role, "GET /overview"):
            pages = [page for page in FIRST if may(caller.role, f"GET /{page}")]
            if not pages:
                return HTMLResponse(form("This key is for a program."), 403, headers=GUARDS)
            target = HOME + pages[0]
        told = f"{int(time.time()) + SIGNED_IN_S}.{caller.key}"
        answer = RedirectResponse(target, 303)
        answer.set_cookie(
            COOKIE, f"{told}.{self._seal(told)}", SIGNED_IN_S, httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer


def _target(path: str) -> str:
    """Where to go after signing in: only ever a page of the desk."""
    return path if path.startswith(HOME) and "\\" not in path and ".." not in path else HOME


def _signed_out() -> Response:
    answer = RedirectResponse(HOME, 303)
    answer.delete_cookie(COOKIE)
    return answer


def _denied(scope: Scope, why: str):
    if scope["type"] == "websocket":
        return WebSocketClose(1008, why)
    return PlainTextResponse(why, 401 if why.startswith("sign") else 403)


def _headers(scope: Scope) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


async def _until_left(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request; that a browser leaves in the middle, as it may, is nobody's error."""
    left = False

    async def listening():
        nonlocal left
        message = await receive()
        left = left or message["type"] == "http.disconnect"
        return message

    try:
        await app(scope, listening, send)
    except RuntimeError:  # of NiceGUI's middleware: no response returned
        if not left:
            raise


def _guarded(send: Send) -> Send:
    """`send` with the headers that keep a page from being framed or from loading elsewhere."""
    names = [(key.encode(), value.encode()) for key, value in GUARDS.items()]

    async def guarded(message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *names]}
        await send(message)

    return guarded
