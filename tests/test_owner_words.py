"""What the owner is shown is what the owner signs: the words can be read back into the terms."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire import cbor
from firmware.mandate import mandate_file, mandate_words
from firmware.mandate import mandate_model as term
from firmware.mandate.currency import exponent, minor, shown
from firmware.mandate.owner import fingerprint
from sim.desk import codec, documents, messages

KEYS = [codec.public_bytes(codec.new_private_key(n).public_key()) for n in range(1, 6)]
UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
# Names with everything that could make one look like two, but for what no TOML string may hold.
NAMES = st.text('ab "\',;:_-%ä\\', min_size=1, max_size=8)
CONSUMABLES = st.sampled_from(["beans", "milk", "cups_2"])
INSTANTS = st.integers(1_700_000_000, 2_000_000_000)
AMOUNTS = st.integers(0, 10**7)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(names):
    return "[" + ", ".join(map(quoted, names)) + "]"


def plain_amount(amount, currency):
    """As a person writes it: 45.50."""
    digits = exponent(currency)
    return str(Decimal(amount).scaleb(-digits)) if digits else str(amount)


CONSENTS = st.dictionaries(
    st.sampled_from(mandate_file.CONSENTED), st.lists(NAMES, max_size=3), max_size=2
)


@st.composite
def mandates(draw):
    """(TOML text of a mandate, what it must come to besides the keys of its sellers)."""
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    start = draw(INSTANTS)
    until = draw(st.integers(start + 1, 2_100_000_000))
    rule = draw(st.sampled_from(term.RULES))
    above = draw(AMOUNTS) if rule == "ask above" else 0
    cap, day, month = draw(AMOUNTS), draw(AMOUNTS), draw(AMOUNTS)
    counts = draw(st.tuples(st.integers(0, 99), st.integers(0, 99)))
    sellers = draw(st.lists(NAMES.filter(lambda n: n.strip()), min_size=1, max_size=4, unique=True))

    def money(amount):
        return plain_amount(amount, currency)

    def when(utc):
        return datetime.datetime.fromtimestamp(utc, datetime.UTC).isoformat()

    text = [f"thing = {quoted(draw(NAMES))}", f'currency = "{currency}"',
            f"valid_from = {when(start)}", f"valid_until = {when(until)}"]
    blocked = draw(st.lists(NAMES.map(lambda n: "x" + n), max_size=3, unique=True))
    text += [f"blocked = {listed(blocked)}", "[budget]", f"order = {money(cap)}",
             f"day = {money(day)}", f"month = {money(month)}",
             f"orders_per_day = {counts[0]}", f"orders_per_month = {counts[1]}",
             "[approval]", f'rule = "{rule}"']
    text += [f"above = {money(above)}"] if rule == "ask above" else []
    if draw(st.booleans()):
        least = draw(st.integers(0, 10**5))
        text += ["[delivery]", f'at_least = "{least}s"',
                 f'at_most = "{draw(st.integers(least, 10**6))}s"',
                 f'cancel_window = "{draw(st.integers(0, 10**6))}s"']
    if draw(st.booleans()):
        begins, ends = draw(st.permutations(range(0, 1440, 7)))[:2]
        text += ["[quiet_hours]", f"begins = {begins // 60:02}:{begins % 60:02}:00",
                 f"ends = {ends // 60:02}:{ends % 60:02}:00"]
    for index, name in enumerate(sellers):
        text += [f"[sellers.{quoted(name)}]", f'key = "{KEYS[index].hex()}"',
                 f"month = {money(draw(AMOUNTS))}"]
        text += [f"orders_per_month = {draw(st.integers(0, 99))}"] if draw(st.booleans()) else []
    for name in draw(st.lists(CONSUMABLES, unique=True)):
        if name in sellers:
            continue
        text += [f"[consumables.{name}]"]
        text += [f"order = {money(draw(AMOUNTS))}"] if draw(st.booleans()) else []
        text += [f"month = {money(draw(AMOUNTS))}"] if draw(st.booleans()) else []
        text += [f"orders_per_month = {draw(st.integers(0, 99))}"] if draw(st.booleans()) else []
        text += [f"substitutes = {listed(draw(st.lists(NAMES, max_size=3)))}"]
    if draw(st.booleans()):
        text += ["[values]", f"minimum_quality = {draw(st.integers(0, 100))}",
                 f"maximum_carbon_g = {draw(st.integers(0, 10**6))}",
                 f"labels = {listed(draw(st.lists(NAMES, max_size=3)))}"]
    if draw(st.booleans()):
        price = draw(st.integers(0, 100))
        text += ["[weights]", f"price = {price}", f"carbon = {100 - price}"]
    if draw(st.booleans()):
        text += ["[negotiation]", f"rounds = {draw(st.integers(1, 9))}",
                 f"surge_percent = {draw(st.integers(1, 100))}",
                 f'surge_wait = "{draw(st.integers(0, 10**6))}s"']
    purposes = draw(CONSENTS)
    if purposes:
        text += ["[consents]"] + [f"{quoted(p)} = {listed(w)}" for p, w in purposes.items()]
    return "\n".join(text) + "\n"


def seconds(words):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(d|h|min|s)", words))


def amount(words):
    number, currency = words.split()
    return minor(Decimal(number), currency)


def names(words):
    return [] if words == "nobody" else json.loads(f"[{words}]")


def instant(words):
    form = "%Y-%m-%d %H:%M:%S UTC"
    return int(datetime.datetime.strptime(words, form).replace(tzinfo=datetime.UTC).timestamp())


def read_back(lines):
    """Terms from words alone, with nothing else to go by."""
    terms = {0: "mandate"}
    for topic, words in lines:
        for pattern, key, value in READERS:
            found = re.fullmatch(pattern, f"{topic}|{words}", re.DOTALL)
            if found:
                value(terms, key, found)
                break
        else:
            raise AssertionError(f"nobody can read {topic}: {words}")
    return terms


def one(convert):
    def put(terms, key, found):
        for number, group in zip(key if isinstance(key, tuple) else (key,), found.groups(),
                                 strict=True):
            terms[number] = convert(group)
    return put


def mixed(*converts):
    def put(terms, key, found):
        for number, convert, group in zip(key, converts, found.groups(), strict=True):
            terms[number] = convert(group)
    return put


def row(*converts):
    def put(terms, key, found):
        terms[key] = [convert(group) for convert, group in zip(converts, found.groups(),
                                                               strict=True)]
    return put


def entry(*converts):
    def put(terms, key, found):
        value = [convert(group) for convert, group in zip(converts, found.groups()[1:],
                                                          strict=True)]
        terms.setdefault(key, {})[found[1]] = value if len(value) > 1 else value[0]
    return put


def seller(terms, key, found):
    terms.setdefault(key, []).append([found[1], found[3], amount(found[2])])


def asks(terms, key, found):
    terms[term.APPROVAL] = {"never": 0, "for every order": 2}.get(found[1], 1)
    terms[term.ASK_FROM] = amount(found[2]) if found[2] else 0


def weights(terms, key, found):
    if "nothing was said" not in found[1]:
        terms[key] = {word: int(share) for word, share in
                      (part.split() for part in found[1].split(", "))}


def priced(terms, key, found):
    terms[term.CAP], terms[term.CURRENCY] = amount(f"{found[1]} {found[2]}"), found[2]


def minutes(words):
    return int(words[:2]) * 60 + int(words[3:])


MONEY = r"(\d[\d.]* [A-Z]{3})"
READERS = [
    (r"thing\|(.*)", term.THING, one(str)),
    (r"number\|(\d+)", term.SEQUENCE, one(int)),
    (r"holds\|from (.*) until (.*)", (term.FROM, term.UNTIL), one(instant)),
    (r"an order\|at most (\S+) ([A-Z]{3}), shipping and tax inside",
     (term.CAP, term.CURRENCY), priced),
    (rf"a day\|at most {MONEY} in (\d+) orders", (term.DAY_BUDGET, term.DAY_ORDERS),
     mixed(amount, int)),
    (rf"a month\|at most {MONEY} in (\d+) orders", (term.MONTH_BUDGET, term.MONTH_ORDERS),
     mixed(amount, int)),
    (rf"asks you\|(never|for every order|for an order above {MONEY})", 0, asks),
    (r"you cancel\|within (.*)", term.CANCEL_WINDOW, one(seconds)),
    (r"you cancel\|until it is shipped", (), one(str)),
    (r"quiet\|from (.*) to (.*) UTC", term.QUIET_HOURS, row(minutes, minutes)),
    (rf"seller (.*)\|at most {MONEY} a month, key ([0-9a-f ]+)", term.SELLERS, seller),
    (r"never\|(.*)", term.BLOCKED, one(names)),
    (rf"for (.*)\|at most {MONEY} an order, {MONEY} a month", term.CONSUMABLES,
     entry(amount, amount)),
    (r"orders, (.*)\|at most (\d+) a month", term.COUNTS, entry(int)),
    (r"instead of (.*)\|(.*) will do", term.SUBSTITUTES, entry(names)),
    (r"quality\|at least (\d+) of 100", term.LEAST_QUALITY, one(int)),
    (r"carbon\|at most (\d+) g an order", term.MOST_CARBON, one(int)),
    (r"labels\|all of (.*)", term.LABELS, one(names)),
    (r"delivery\|(.*) to (.*) after the order", term.DELIVERY, row(seconds, seconds)),
    (r"weighs\|(.*)", term.WEIGHTS, weights),
    (r"bargains\|(\d+) rounds at most", term.ROUNDS, one(int)),
    (rf"walks away, (.*)\|above {MONEY} for .*", term.WALK_AWAY, entry(amount)),
    (r"waits\|at (\d+) % above the usual price, for (.*) at most", term.SURGE, row(int, seconds)),
    (r"(?:tells, for|lets send) (.*?)\|(.*)", term.CONSENTS, entry(names)),
    (r"tells\|nobody anything beyond its requests .*", (), one(str)),
]


def with_fingerprints(terms):
    """The terms as words can tell them: a key by its fingerprint."""
    rows = [[name, fingerprint(key), month] for name, key, month in terms[term.SELLERS]]
    return terms | {term.SELLERS: rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mandates")


@given(text=mandates(), sequence=st.integers(1, 10**6))
def test_the_words_shown_are_the_terms_signed(folder, text, sequence):
    path = folder / "mandate.toml"
    path.write_text(text, encoding="utf-8")
    draft = mandate_file.read(path)
    assert draft.sound, "\n".join(map(str, draft.problems)) + "\n" + text
    terms = draft.terms | {term.SEQUENCE: sequence}
    assert read_back(mandate_words.lines(terms)) == with_fingerprints(terms)
    # And what is signed is a mandate to the desk's reading of wire.cddl as well.
    messages.read(documents.MANDATE, codec.decode(cbor.encode(terms)))


@pytest.mark.parametrize("key, other", [
    (term.PAUSED, True), (term.SURGE, [30, 60]), (term.COUNTS, {"beans": 3}), (term.CAP, 1),
    (term.WALK_AWAY, {"beans": 3}), (term.LABELS, ["a", "b"]), (term.CANCEL_WINDOW, 0),
    (term.SELLERS, [["a", KEYS[1], 1]]), (term.CONSENTS, {"experience": []}), (40, "odd"),
])  # fmt: skip
def test_no_term_can_change_unseen(key, other):
    terms = {0: "mandate", 1: 1, 2: "t", 3: 0, 4: 1, 5: "EUR", 6: 0, 7: 0, 8: 2, 9: 2, 10: 2,
             11: 1, 12: 1, 13: [["a", KEYS[0], 1]]}  # fmt: skip
    assert mandate_words.lines(terms) != mandate_words.lines(terms | {key: other})


def test_one_list_of_names_never_looks_like_another():
    terms = {0: "mandate", 1: 1, 2: "t", 3: 0, 4: 1, 5: "EUR", 6: 0, 7: 0, 8: 2, 9: 2, 10: 2,
             11: 1, 12: 1, 13: [["a", KEYS[0], 1]]}  # fmt: skip
    two = mandate_words.lines(terms | {term.BLOCKED: ["a", "b"]})
    assert two != mandate_words.lines(terms | {term.BLOCKED: ['a", "b']})


def test_who_may_send_the_thing_something_is_told_apart_from_whom_it_tells():
    terms = {0: "mandate", 1: 1, 2: "t", 3: 0, 4: 1, 5: "EUR", 6: 0, 7: 0, 8: 2, 9: 2, 10: 2,
             11: 1, 12: 1, 13: [["a", KEYS[0], 1]]}  # fmt: skip
    consents = {"usage": ["desk"], "weather": [], "note": ["a"]}
    shown = mandate_words.lines(terms | {term.CONSENTS: consents})
    told = [("lets send note", '"a"'), ("tells, for usage", '"desk"'),
            ("lets send weather", "nobody")]  # fmt: skip
    assert [line for line in shown if line[0].startswith(("lets", "tells"))] == told


def test_amounts_are_shown_in_the_currency_s_own_digits():
    assert shown(4550, "EUR") == "45.50 EUR"
    assert shown(45, "JPY") == "45 JPY"
    assert shown(45005, "KWD") == "45.005 KWD"
    with pytest.raises(ValueError, match="0 digits"):
        minor(Decimal("4.5"), "JPY")


@pytest.mark.parametrize("state, words", list(enumerate(mandate_words.CONTROLS)))
def test_a_control_says_what_it_does(state, words):
    lines = dict(mandate_words.lines({0: "control", 1: 4, 2: "kitchen", 3: state}))
    assert lines == {"thing": "kitchen", "number": "4", "order": words}
