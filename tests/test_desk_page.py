"""The desk's page: every page with data and without, and nothing on it but what it means."""

import re
from pathlib import Path

import nicegui
import pytest
from page_kit import CASE, FINDING, HTML, PAGES, REPLY, ask, behind, filled, peopled, served, texts
from sqlalchemy import update

from sim.desk import notices
from sim.desk.models import Thing
from sim.desk.overview import MOST
from sim.desk.page import shell, words
from sim.desk.page import thing as thing_page
from sim.desk.testing import START, TestThing, ack, case_body

HOSTILE = "<img src=x onerror=alert(1)>`${x}'\"</script>"


@pytest.fixture(scope="module")
def page():
    with served() as made:
        yield made


@pytest.fixture
def world():
    return peopled()


@pytest.fixture
def http(page, world):
    return behind(page, world)


@pytest.mark.parametrize("path", [*PAGES, "things/thing-1"])
def test_pages_of_an_empty_desk_say_that_there_is_nothing(http, path):
    shown = texts(http, path)
    assert re.search(r"Nothing|No |It has|None", shown), path
    assert "undefined" not in shown and "Traceback" not in shown


def test_overview_tells_what_waits_and_how_each_thing_is(http, world):
    filled(world)
    world.clock.now += 3 * words.DAY_S
    shown = texts(http, "")
    for word in (
        "1 dispute: the seller has not answered", "1 case: nobody took it on",
        "1 thing: not heard of", "D-000001", "C-000001", "thing-1", "3 d ago", "trusted", "running",
        '"name": "beans", "band": 3, "days": "12 d"', "1 to 1 of 1",
    ):  # fmt: skip
        assert word in shown, word


def test_an_order_shows_its_life_its_offers_and_money(http, world):
    filled(world)
    shown = texts(http, "orders/O-000001")
    for word in ("disputed", "placed", "confirmed", "arrives in 15 min", "not received",
                 "26.06 EUR", '"fate": "taken"', "Fri 15 Jan, 08:"):  # fmt: skip
        assert word in shown, word
    assert texts(http, "orders/1")


def test_a_thing_shows_what_it_was_told_and_what_became_of_it(http, world):
    said = {"what": 5, "sender": "desk", "words": HOSTILE, "written": START,
            "until": world.clock.now + 600}  # fmt: skip
    world.desk.act(lambda work: notices.send(work, ["thing-1"], None, None, said))
    shown = texts(http, "things/thing-1")
    for word in ("Notices", '"what": "note"', '"sender": "desk"', '"state": "sent"'):
        assert word in shown, word
    assert HOSTILE not in http.get("/desk/things/thing-1").text


def test_a_case_a_dispute_and_a_thing_show_what_is_known(http, world):
    filled(world)
    case = texts(http, "cases/C-000001")
    for word in ("scale", "major", "90 %", "take it on", '"data": [[0.0, 0.9], [1.0, 1.8]]'):
        assert word in case, word
    dispute = texts(http, "disputes/D-000001")
    for word in ("it never came", "26.06 EUR", "raised, 1 pack, 0 units seen", "decide"):
        assert word in dispute, word
    world.desk.command("thing-1", "status")
    world.send(REPLY, {1: 1, 2: "all well\nindeed"})
    thing = texts(http, "things/thing-1")
    for word in ("coffee-machine", "> status", "all well", "well filled, 12 days", "C-000001",
                 "power on", "finding", "rfq"):  # fmt: skip
        assert word in thing, word


@pytest.mark.parametrize("hello, said", [
    ({"mandate_seq": 0}, "none that the desk knows of"),
    ({"mandate_seq": 0, "mandate_known": 2}, "number 2"), ({"mandate_seq": 3}, "number 3"),
])  # fmt: skip
def test_a_mandate_that_came_after_the_start_is_known_too(hello, said):
    assert thing_page._mandate(hello) == said


def test_a_thing_that_was_reset_before_it_said_a_word(http, world):
    world.send(19, {})
    assert "reset for its next owner" in texts(http, "things/thing-1")
    assert "not yet" in texts(http, "")


def test_sellers_words_stand_beside_what_was_measured(http, world):
    filled(world)
    shown = texts(http, "sellers")
    assert '"data": ["roaster"]' in shown and "1 not received" in shown


def test_what_waits_for_its_owner_is_shown_with_all_its_terms(http, world):
    filled(world)
    shown = texts(http, "approvals")
    for word in ("2 x CUPS-100", "1,025.85 EUR", "roaster", "25 h after the order",
                 "--desk http://localhost", "steward owner approve thing-1", "Deny"):  # fmt: skip
        assert word in shown, word
    script = http.get("/desk/approve.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "export async function sign" in script.text


def test_a_page_can_be_read_without_seeing_it(http, world):
    filled(world)
    shown = texts(http, "orders/O-000001")
    assert '"aria-current": "page"' in shown and '"tag": "h1"' in shown
    assert '"level": "well filled"' in texts(http, "")
    assert "/desk/keep.js" in http.get("/desk/", headers=HTML).text
    assert "MutationObserver" in http.get("/desk/keep.js").text


def test_an_owner_sees_that_its_answer_buys_nothing_and_that_what_it_agreed_to_was_refused(
    http, world
):
    filled(world)
    world.send(1, world.thing.hello() | {17: "paused on the console"})
    assert "The thing buys nothing now: paused on the console" in texts(http, "approvals")
    assert "paused on the console" in texts(http, "things/thing-1")
    order = {1: world.thing.need("cups", 0)}
    document = world.thing.order("beans", 0, world.offer(1), order)
    assert ack(world.send(5, document))[2] == 2
    shown = texts(http, "approvals")
    assert "approved, then refused" in shown and "does not follow from thing" in shown


@pytest.mark.parametrize("path", ["orders/O-000009", "cases/x", "disputes/7", "things/nobody"])
def test_what_does_not_exist_is_said(http, path):
    assert re.search(r'"no (order|case|dispute|thing) |is not a number', texts(http, path))


def test_lists_are_narrowed_by_their_address(http, world):
    filled(world)
    assert "O-000001" in texts(http, "orders?state=disputed&thing=thing-1&seller=roaster")
    assert "O-000001" not in texts(http, "orders?state=verified")
    assert "O-000001" in texts(http, "orders?state=eaten"), "an unknown state is no state"
    assert "No thing is like that." in texts(http, "?search=zebra")
    assert "1 to 1 of 1" in texts(http, "?search=ANNA&show=cases")
    assert "No thing is like that." in texts(http, "?show=silent")


def test_a_thousand_things_are_paged(http, world):
    new = {"root_key": bytes(32), "public_key": bytes(64), "product": "x", "owner": "y",
           "provisioned_at": START}  # fmt: skip
    world.desk.act(lambda work: work.session.add_all(
        Thing(id=f"thing-{number:04d}", **new) for number in range(1000)
    ))  # fmt: skip
    shown = texts(http, "")
    assert "1 to 50 of 1,001" in shown and "thing-0050" not in shown and "thing-0049" in shown
    assert len(shown) < 100_000
    assert "1 to 1 of 1" in texts(http, "?search=0777")
    world.desk.act(lambda work: work.session.execute(update(Thing).values(heard_at=1)))
    shown = texts(http, "")
    assert f"{MOST} things or more: not heard of" in shown and f"all {MOST} of this list" in shown


def test_what_a_thing_says_is_only_ever_text(http, world):
    name = HOSTILE[:40]
    TestThing("<b>{{1}}<b onclick=alert(1)>").admit(world.desk)
    filled(world)
    world.send(FINDING, {1: name, 2: name, 3: 2, 4: 2, 5: 80, 6: 150})
    body = case_body(bytes([7]) * 16, mode=name)
    body |= {10: HOSTILE, 11: name, 8: [name], 7: [[name, 1, [[0, 1]]]]}
    world.send(CASE, body)
    world.desk.command("thing-1", HOSTILE)
    world.send(REPLY, {1: 1, 2: HOSTILE})
    ask(world, name)
    for path in ("", "cases?state=all", "cases/C-000002", "things/thing-1", "approvals",
                 "things/%3Cb%3E%7B%7B1%7D%7D%3Cb%20onclick%3Dalert(1)%3E"):  # fmt: skip
        page = http.get(f"/desk/{path}", headers=HTML).text
        assert "<img src=x" not in page and "<b>{{1}}" not in page, path
        assert 'v-html' not in page and "innerHTML" not in texts(http, path)


def test_times_and_money_are_readable():
    now = START
    assert [words.ago(now - gone, now) for gone in (0, 300, 7200, 3 * words.DAY_S, -5400)] == [
        "now", "5 min ago", "2 h ago", "3 d ago", "in 2 h"
    ]  # fmt: skip
    assert words.ago(None, now) == "never" and words.stamp(None, words.UTC, now) == ""
    assert words.stamp(now, words.UTC, now) == "Fri 15 Jan, 08:00"
    assert words.stamp(now - 366 * words.DAY_S, words.UTC, now) == "Wed 14 Jan 2026, 08:00"
    tokyo = words.zone_of("Asia/Tokyo")
    assert words.stamp(now, tokyo, now) == "Fri 15 Jan, 17:00"
    assert words.exact(now, tokyo, now) == "Fri 15 Jan, 17:00 (2027-01-15 08:00 UTC)"
    assert words.exact(None, tokyo, now) == ""
    assert words.zone_of("../etc/passwd") is words.UTC and words.zone_of("") is words.UTC
    assert words.money(102_585, "EUR") == "1,025.85 EUR" and words.money(500, "JPY") == "500 JPY"
    assert words.money(1_500, "KWD") == "1.500 KWD" and words.money(None, "EUR") == ""


def test_no_class_of_the_page_is_one_of_the_librarys():
    """Quasar calls what holds a table's rows `scroll`; a rule of ours for it cut every table."""

    def classes(text):
        selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
        return set(re.findall(r"\.([A-Za-z][\w-]*)", selectors))

    theirs = set()
    for name in ("quasar.unimportant.css", "quasar.important.css"):
        theirs |= classes((Path(nicegui.__file__).parent / "static" / name).read_text("utf-8"))
    assert "scroll" in theirs
    ours = classes((Path(shell.__file__).parent / "page.css").read_text("utf-8"))
    meant = {name for name in ours if name.startswith("q-")} | {"body--dark", "nicegui-content"}
    assert ours & theirs <= meant


def test_a_thing_that_is_not_there_has_no_empty_panels_and_no_console(http):
    shown = texts(http, "things/nobody")
    assert "no thing nobody" in shown and "all things" in shown
    assert "Console" not in shown and "It has ordered nothing" not in shown
