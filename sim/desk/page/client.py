"""REST as the page asks it: in this process, in the name of whoever looks at it."""

from typing import Any
from urllib.parse import quote

import httpx

from sim.desk.rest.access import INSIDE

PATIENCE_S = 30


class Trouble(Exception):
    """REST said no, or cannot say anything; `status` is that of HTTP, the words are its own."""

    def __init__(self, status: int, detail: str):
        super().__init__(detail)
        self.status = status


class Rest:
    """The REST service of a desk, `app` being its ASGI application.

    key: the id of the key with which somebody signed in (sim/desk/access.py), 0: the desk's own.
    """

    def __init__(self, app, key: int = 0):
        async def inside(scope, receive, send) -> None:
            await app({**scope, INSIDE: key}, receive, send)

        self.app = app
        self._http = httpx.AsyncClient(
            # A failure of the service is an answer, not an exception in the page.
            transport=httpx.ASGITransport(inside, raise_app_exceptions=False),
            base_url="http://localhost",
            timeout=PATIENCE_S,
        )

    def of(self, key: int) -> "Rest":
        """The same service in the name of a key."""
        return self if key == 0 else type(self)(self.app, key)

    async def get(self, path: str, **query) -> Any:
        """The JSON of a resource; parameters that are None or empty are left out."""
        given = {key: value for key, value in query.items() if value not in (None, "")}
        return _content(await self._http.get(path, params=given))

    async def post(self, path: str, body: dict | None = None) -> Any:
        """Do something; returns what REST answers."""
        return _content(await self._http.post(path, json=body))

    async def patch(self, path: str, body: dict) -> Any:
        """Change something; returns what REST answers."""
        return _content(await self._http.patch(path, json=body))

    async def delete(self, path: str) -> Any:
        """Have something gone; returns what REST answers."""
        return _content(await self._http.delete(path))


def of(*parts: str) -> str:
    """A path from its parts, each of which may hold any character."""
    return "".join("/" + quote(part, safe="") for part in parts)


def _content(answer: httpx.Response) -> Any:
    try:
        content = answer.json()
    except ValueError:
        content = {}
    if answer.is_success:
        return content
    detail = content.get("detail") if isinstance(content, dict) else None
    raise Trouble(answer.status_code, detail or f"the desk failed ({answer.status_code})")
