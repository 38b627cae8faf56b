"""Who may see the page: with an API key, whoever signed in with it; without, this machine.

The key is typed once and answered with a cookie that says until when it is good, sealed with a key
of its own that follows from the API key: nothing is stored, several desks with one key know each
other's cookies, and a new API key ends them all. Every request for the page needs it, its scripts
and its WebSocket too. What another web page sends is turned away by its Origin.
"""

import asyncio
import hmac
import time
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from sim.desk.page.sign_in import form

HOME, SIGN_IN, SIGN_OUT = "/desk/", "/desk/sign-in", "/desk/sign-out"
COOKIE = "steward_desk"
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


class Gate:
    """ASGI in front of the page's application; hands it `scope["steward"]`, what pages need."""

    def __init__(self, app: ASGIApp, rest, api_key: str | None):
        self.app = app
        self.rest = rest
        self.api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        # Mounted at several paths, but the application inside knows its whole paths.
        root = scope.get("app_root_path", "")
        scope = {**scope, "root_path": root, "steward": self}
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
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if foreign and changes:
            return _denied(scope, "this came from another web page")
        if scope["type"] == "http" and scope["path"] == SIGN_OUT:
            return _signed_out()
        if not self.api_key:
            return None
        if scope["type"] == "http" and scope["path"] == SIGN_IN:
            return await self._sign_in(Request(scope, receive))
        if self.until(headers.get("cookie", "")) is not None:
            return None
        if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
            return RedirectResponse(f"{SIGN_IN}?next={quote(scope['path'])}", 303)
        return _denied(scope, "sign in first")

    def until(self, cookies: str) -> int | None:
        """Until when a cookie header lets in, unix seconds; None if it does not."""
        found = SimpleCookie(cookies).get(COOKIE)
        until, _, seal = (found.value if found else "").partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return None
        good = hmac.compare_digest(seal.encode(), self._seal(until).encode())
        return int(until) if good and int(until) > time.time() else None

    def _seal(self, until: str) -> str:
        sealing = hmac.digest((self.api_key or "").encode(), b"steward desk page", "sha256")
        return hmac.digest(sealing, until.encode(), "sha256").hex()

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
        if not hmac.compare_digest(given.encode(), (self.api_key or "").encode()):
            await asyncio.sleep(SLOWLY_S)
            return HTMLResponse(form("This is not the desk's API key."), 403, headers=GUARDS)
        until = str(int(time.time()) + SIGNED_IN_S)
        answer = RedirectResponse(target, 303)
        answer.set_cookie(
            COOKIE, f"{until}.{self._seal(until)}", SIGNED_IN_S, httponly=True, samesite="lax",
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
