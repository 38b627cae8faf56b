"""Proves that a thing which was provisioned works: it starts, examines itself, takes its mandate
and orders something for trial, all the way to the desk's acceptance.

Everything is said on its console, and can be said by a person as well.
"""

import time
from collections.abc import Callable
from typing import Any

from firmware.mandate.install import console_lines
from firmware.serial.console_tool import ConsoleError, Refused, Session
from firmware.serial.provision import ProvisionError

STARTING_S = 60  # a chip that replays its memory and measures for the first time
READING_S = 75  # most channels are read once a minute
GREETING_S = 300  # network, time, TLS and the desk's word
ORDER_S = 600  # some rounds of asking, in each of which a silent seller is waited for
LOOK_S = 1.0
FAILED = "failed"
ALERT = "FATAL_ALERT"  # the broker's TLS would have nothing of it, and does not say why
# What MicroPython's Wi-Fi says by number, for a person.
WIFI_WORDS = {"status 201": "no network of that name is there", "status 202": "wrong password"}

Say = Callable[[str], None]


def restart(session: Session) -> dict:
    """Have it start anew and wait until it is at work; returns its status."""
    session.ask_and_leave("restart")
    deadline = time.monotonic() + STARTING_S
    why = "nobody answers on its console"
    while time.monotonic() < deadline:
        try:
            status = session.value("status")
        except ConsoleError:
            continue
        if status.get("mode") == "run":
            return status
        why = str(status.get("reason") or f"it is in {status.get('mode')} mode: `crash` says why")
        time.sleep(LOOK_S)
    raise ProvisionError(f"it did not come up within {STARTING_S} s: {why}")


def install_mandate(session: Session, document: bytes) -> str:
    """Type a signed document into the console; returns what the thing says of it."""
    answer = ""
    for line in console_lines(document):
        answer = str(session.value(line)["said"])
    return answer


def sequence_at(session: Session, thing: str) -> int:
    """The number of the mandate or control that the thing on this console took last.

    Raises ConsoleError when another thing is there, or one that takes none now.
    """
    there = session.value("status").get("thing")
    if there != thing:
        raise ConsoleError(f"on this console is {there or 'a thing without keys'}, not {thing}")
    return int(session.value("mandate")["sequence"])


def examine(session: Session, say: Say) -> list[str]:
    """Have the thing examine itself; returns what a person has to mend."""
    deadline = time.monotonic() + READING_S
    rows = session.value("selftest")
    while _failed(rows) and time.monotonic() < deadline:  # a part may answer at the second time
        time.sleep(LOOK_S)
        rows = session.value("selftest")
    for row in rows:
        say(f"selftest: {row['check']}: {row['result']} {row['detail']}".rstrip())
    return _failed(rows)


def reach(session: Session, patience_s: float, say: Say) -> str | None:
    """Wait until the thing's desk has greeted it; None when it has, else what is wrong."""
    if session.value("provision")["link"] is None:
        return None  # it works alone
    deadline, said = time.monotonic() + patience_s, None
    while True:
        link = session.value("link")
        if link.get("broker") == "connected" and _greeted(session):
            say("desk: has greeted it")
            return None
        obstacle = _obstacle(link)
        if _hopeless(link):
            return f"it cannot reach its desk: {obstacle}"
        if time.monotonic() >= deadline:
            return f"it did not hear its desk within {patience_s:g} s: {obstacle}"
        error = link.get("wifi_error") or link.get("broker_error")
        if error and error != said:
            said = error
            say(f"link: {obstacle}; it tries again")
        time.sleep(LOOK_S)


def _hopeless(link: dict) -> bool:
    """Whether somebody has to set something else before it can be reached."""
    refused = str(link.get("broker_error")).find("certificate refused") >= 0
    return refused or link.get("network", "-") == ""


def _greeted(session: Session) -> bool:
    rows = session.value("selftest")
    return any(row["check"] == "desk" and row["result"] != "missing" for row in rows)


def _obstacle(link: dict) -> str:
    """What is in the way, the first thing first, and what to do."""
    if link.get("wifi", "joined") != "joined":
        error = link["wifi_error"] or "no error yet"
        error = next((word for code, word in WIFI_WORDS.items() if code in error), error)
        return (
            f"Wi-Fi {link['network'] or '(none is set)'} is {link['wifi']}"
            f" ({error}): see --wifi and STEWARD_WIFI_PASSWORD"
        )
    if link.get("broker") != "connected":
        error = link.get("broker_error") or "no error yet"
        asked = "is it there, and are --broker and --ca its name and its authority?"
        if ALERT in error:
            asked = "is --broker its name (no address can be verified), and does it want --client?"
        return f"the broker is {link.get('broker')} ({error}): {asked}"
    return "the broker took it, the desk does not answer: is it up, and was --desk the right one?"


def try_order(session: Session, consumable: str | None, say: Say) -> dict:
    """Order for trial until the desk has accepted it; returns the order as the console shows it.

    An order that waits for the owner's yes is as far as it gets without. Raises ProvisionError.
    """
    names = [row["consumable"] for row in session.value("consumables")]
    if not names or consumable not in (None, *names):
        raise ProvisionError(f"{consumable or 'nothing'} runs out here; there are: {names}")
    _until(lambda: session.value("status")["buying"] == "yes", GREETING_S,
           lambda: f"it does not buy: {_refusal(session)}")  # fmt: skip
    answer = str(session.value(f"test-order {consumable or names[0]}")["said"])
    reference, known = answer.split()[-1], ""
    say(answer)
    deadline = time.monotonic() + ORDER_S
    while time.monotonic() < deadline:
        order = _order(session, reference)
        if order is None:
            raise ProvisionError(
                f"the test order came to nothing: {_last_word(session, reference)}"
            )
        if order["state"] != known:
            known = order["state"]
            say(f"order {reference}: {known} {order['seller'] or ''}".rstrip())
        if known == "awaiting approval":
            say(f"the mandate wants your yes: approve {reference} {order['terms']}")
            return order
        if order["number"]:
            say(f"order {reference}: accepted by the desk as {order['number']}")
            return order
        time.sleep(LOOK_S)
    raise ProvisionError(f"the test order is {known or 'not begun'} after {ORDER_S} s")


def _refusal(session: Session) -> str:
    buying = str(session.value("status")["buying"])
    return buying if buying != "not yet" else f"{buying}: {_obstacle(session.value('link'))}"


def _failed(rows: list[dict]) -> list[str]:
    return [row["check"] for row in rows if row["result"] == FAILED]


def _order(session: Session, reference: str) -> dict | None:
    found = [row for row in session.value("orders") if row["order"] == reference]
    return found[0] if found else None


def _last_word(session: Session, reference: str) -> str:
    try:
        rows: list[dict[str, Any]] = session.value(f"why {reference}")
    except Refused as error:
        return str(error)
    return "; ".join(f"{row['what']}: {row['why']}".rstrip(": ") for row in rows[-3:])


def _until(true: Callable[[], bool], patience_s: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > deadline:
            raise ProvisionError(why())
        time.sleep(LOOK_S)
