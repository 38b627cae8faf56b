"""How a document that the owner signed gets to its thing: by the desk, or over its own console.

Neither way has to be trusted: the thing checks the signature against the key that was paired on
its console, and takes only a higher number than the last.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

CHUNK_BYTES = 80
"""Of a document in one console line: with its words under the 200 characters of a line."""

PATIENCE_S = 20


class InstallError(Exception):
    """The desk cannot be reached or will not; says what it said."""


class Link(NamedTuple):
    """A desk's REST address, its API key if it asks for one, and the thing that is meant."""

    desk: str
    api_key: str | None
    thing: str


def console_lines(document: bytes) -> list[str]:
    """The lines to type, or paste, into the thing's console."""
    parts = [document[start : start + CHUNK_BYTES]
             for start in range(0, len(document), CHUNK_BYTES)]  # fmt: skip
    return [f"mandate put {place}/{len(parts)} {part.hex()}"
            for place, part in enumerate(parts, 1)]  # fmt: skip


def to_desk(link: Link, document: bytes) -> None:
    """Have the desk pass a document on; InstallError when it does not."""
    _ask(link, "/mandate", {"document": document.hex()})


def sequence_of(link: Link) -> int:
    """The number of the mandate that the thing last said it holds; 0 when it never said."""
    return int(_ask(link, "").get("hello", {}).get("mandate_seq") or 0)


def questions(link: Link) -> Any:
    """What waits for the owner's answer: of the link's thing, or of all when it names none."""
    asked = {"open": "true", "limit": "500"} | ({"thing": link.thing} if link.thing else {})
    return ask_desk(link, "/approvals?" + urllib.parse.urlencode(asked))


def question(link: Link, number: int) -> Any:
    """One question, as the desk tells it now."""
    return ask_desk(link, f"/approvals/{number}")


def answer_to_desk(link: Link, order: str, document: bytes) -> None:
    """Have the desk pass the owner's answer on; InstallError when it does not."""
    _ask(link, f"/approvals/{order}", {"document": document.hex()})


def orders_at_desk(link: Link) -> Any:
    """The orders of the link's thing that are open."""
    asked = {"open": "true", "limit": "500", "thing": link.thing}
    return ask_desk(link, "/orders?" + urllib.parse.urlencode(asked))


def order_at_desk(link: Link, number: str) -> Any:
    """One order with its history, as the desk tells it now."""
    return ask_desk(link, f"/orders/{urllib.parse.quote(number, safe='')}")


def cancel_at_desk(link: Link, order: str, document: bytes) -> None:
    """Have the desk pass the owner's cancel of an order on; InstallError when it does not."""
    _ask(link, f"/orders/{order}/cancel", {"document": document.hex()})


def data_at_desk(link: Link) -> Any:
    """All that the desk has of the link's thing."""
    return _told(_ask(link, "/data"))


def erase_at_desk(link: Link) -> Any:
    """Have the desk erase what the thing told; says how much of what went and stays."""
    url = f"/things/{urllib.parse.quote(link.thing, safe='')}/data"
    told = _told(ask_desk(link, url, method="DELETE"))
    if not all(isinstance(told.get(word), dict) for word in ("erased", "stays")):
        raise InstallError(f"{link.desk} does not say what it has erased")
    return told


def _told(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise InstallError("the desk tells no JSON object")
    return answer


def _ask(link: Link, path: str, body: dict | None = None) -> Any:
    return ask_desk(link, f"/things/{urllib.parse.quote(link.thing, safe='')}{path}", body)


def ask_desk(link: Link, path: str, body: dict | None = None, method: str | None = None) -> Any:
    """What a desk's REST says; with a body POST, unless another method is named. InstallError."""
    url = link.desk.rstrip("/") + path
    if not url.startswith(("http://", "https://")):
        raise InstallError(f"{link.desk} is no http address")
    headers = {"Content-Type": "application/json"}
    if link.api_key:
        headers["X-API-Key"] = link.api_key
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise InstallError(f"{url}: {detail(error)}") from error
    except (OSError, ValueError) as error:
        raise InstallError(f"{url}: {why(error)}") from error


def why(error: Exception) -> str:
    """What a person needs of what urllib raises: "Connection refused"."""
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason)


def detail(error: urllib.error.HTTPError) -> str:
    """What a desk says of its refusal."""
    try:
        return str(json.load(error)["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
