"""The butler: what others send to the thing is proved, rated, and used, kept, or turned away.

    recall       by the maker or a seller of the mandate      into a case
    advisory     by the same                                  into the open case it is about; kept
    weather      by the desk, or whom the owner lets          beside the evidence of a case; kept
    advertising  by whom the owner lets                       kept
    note         by whom the owner lets                       kept

Whom the owner lets is said by the mandate's consents, whose purposes are these words.  Nothing here
buys, bargains or switches.  What is turned away is answered with the reason, and `messages` has it.
What is kept is a record of the journal; when there is no room, what matters least makes some.

On loan.
"""

import hashlib

from agent import limits, loan
from agent.wire import cbor, cose
from agent.wire import messages as wire
from agent.wire.messages import MessageError

ADVISORY, RECALL, WEATHER, ADVERTISING, NOTE = 1, 2, 3, 4, 5
CLASSES = ("", "advisory", "recall", "weather", "advertising", "note")
MAKER, DESK = "maker", "desk"
# Of what is kept of a notice: id, class, sender, words, until when, rating, what became of it, at.
KIND, SENDER, UNTIL, RATING, AT = 1, 2, 4, 5, 7

# Of notice-document, as in wire.cddl.
(_CLASS, _SENDER, _WORDS, _WRITTEN, _UNTIL, _PRODUCT, _VERSIONS, _ABOUT, _VALUES, _SEVERITY,
 _SERVICE) = range(1, 12)


def take(agent, body, at):
    """Deal with a notice; raises MessageError, which says why it is turned away."""
    terms, document = _read(body)
    kind, sender = wire.natural(terms, _CLASS, NOTE), wire.text(terms, _SENDER, 40)
    _concerns(agent, terms, at)
    key = _signer(agent, kind, sender)
    if (key is None) != (document is None):
        raise MessageError("a notice of %s is %s" % (sender, "signed" if key else "not signed"))
    digest = hashlib.sha256(document or cbor.encode(terms)).digest()[:limits.NOTICE_ID_BYTES]
    if [row for row in agent.notices if row[0] == digest]:
        return
    rating = _rating(agent, terms, sender, at)
    others = _room(agent, kind, sender, rating, at)
    if key:
        cose.sign1_open(agent.identity.verifier(key), document)
    words = terms[_WORDS]
    became = _used(agent, kind, terms, words, at) or "kept"
    if kind != WEATHER:
        agent.tell("%s of %s: %s" % (CLASSES[kind], sender, words))
    agent.keep_notices(others + [[digest, kind, sender, words, terms[_UNTIL], rating, became,
                             at]])


def kept(agent, at):
    """Return [class, sender, words, its age, until when, rating, what became of it] of each."""
    return [[CLASSES[row[KIND]], row[SENDER], row[3], at - row[AT], row[UNTIL], row[RATING], row[6]]
            for row in agent.notices]


def _read(body):
    """Return (terms, the document they are signed in or None): the desk's own are not signed."""
    document = wire.octets(body, 1) if 1 in body else None
    terms = cbor.decode(cose.sign1_peek(document)[1]) if document else body.get(2)
    if not isinstance(terms, dict) or terms.get(0) != "notice":
        raise MessageError("the document is no notice")
    return terms, document


def _concerns(agent, terms, at):
    """Turn away what is over, or meant for others."""
    product = agent.product
    if terms[_CLASS] == 0:
        raise MessageError("key %d is no class" % _CLASS)
    wire.text(terms, _WORDS)
    wire.natural(terms, _WRITTEN)
    if wire.natural(terms, _UNTIL) <= (agent.clock.utc(at) or 0):
        raise MessageError("the notice is over")
    if _PRODUCT in terms and wire.text(terms, _PRODUCT, 40) != product.name:
        raise MessageError("the notice is for %s" % terms[_PRODUCT])
    if _VERSIONS in terms and product.version not in wire.items(terms, _VERSIONS):
        raise MessageError("the notice is not for version %s" % product.version)
    for key in (_ABOUT, _SERVICE):
        if key in terms:
            wire.text(terms, key, 40)
    if _SEVERITY in terms:
        wire.natural(terms, _SEVERITY, 4)


def _signer(agent, kind, sender):
    """Return the key (64 bytes) that has to be under it, None for a word of the desk's own.

    Raises MessageError for what the owner does not want, and for who is not known.
    """
    trade = agent.trade if agent.trade and agent.trade.mandate.terms else None
    known = sender == MAKER or (trade and trade.mandate.seller(sender))
    may = sender != DESK and known if kind <= RECALL else sender == DESK and kind == WEATHER
    if not may and not (trade and trade.mandate.allows(CLASSES[kind], sender)):
        raise MessageError("the owner does not want %s of %s" % (CLASSES[kind], sender))
    if sender == DESK and kind > RECALL:
        return None
    key = _maker_key(agent.journal.port) if sender == MAKER else known and known[1]
    if not key:
        raise MessageError("no key of %s is known" % sender)
    return key


def _maker_key(port):
    """Return the key that was said on the console; None when there is none, or it is damaged."""
    try:
        return cbor.decode(port.load(MAKER) or b"\xa1ckey\xf6")["key"]
    except OSError:
        return None


def _rating(agent, terms, sender, at):
    """Return what it is worth to the thing, 0..100: who says it, and whether it is of use now."""
    about, trade = terms.get(_ABOUT), agent.trade
    rating = 60 if sender == MAKER else 40
    if trade and sender not in (MAKER, DESK):
        rating = trade.experience.trust(sender, at) * 6 // 10
    watches = [watch for watch in agent.senses.watches if about in (watch.mode, watch.name)]
    if watches or (trade and [spec for spec in trade.shelf.specs if spec["name"] == about]):
        rating += 20
    if agent.cases.of_mode(about) or (
            trade and [order for order in trade.orders.open if order.consumable == about]):
        rating += 20
    return rating


def _room(agent, kind, sender, rating, at):
    """Return the rows that stay beside a new one; raises MessageError when it has no room.

    All but the maker are held to so many of a class within so long: each by itself, or somebody's
    advertising would keep out a recall.
    """
    utc = agent.clock.utc(at) or 0
    rows = [row for row in agent.notices if row[UNTIL] > utc]
    spell, most = (limits.WEATHER_S, 1) if kind == WEATHER else (limits.NOTICES_S, limits.NOTICES)
    if sender != MAKER and len([row for row in rows if row[KIND] == kind and row[SENDER] != MAKER
                                and at - row[AT] < spell]) >= most:
        raise MessageError("that was enough for now")
    if kind == WEATHER:
        rows = [row for row in rows if row[KIND] != WEATHER]
    if len(rows) >= limits.NOTICES_KEPT:
        least, place = min([(row[RATING], place) for place, row in enumerate(rows)])
        if least > rating:
            raise MessageError("what is kept matters more")
        del rows[place]
    return rows


def _used(agent, kind, terms, words, at):
    """Do what a notice is good for, and return what that was; None when it is only to be read."""
    cases, about = agent.cases, terms.get(_ABOUT, "")
    if kind == WEATHER:
        cases.outside = (at, terms[_UNTIL] - agent.clock.utc(at) + at,
                         _weather(terms.get(_VALUES, {})))
        return "evidence of cases"
    if kind == RECALL or (kind == ADVISORY and cases.of_mode(about)):
        case = loan.call("agent.service.asking", "by_word", cases,
                         "recall" if kind == RECALL else about, terms.get(_SERVICE, "repair"),
                         terms.get(_SEVERITY, 3), words, at, agent.senses)
        return "case " + case.ref()
    return None


def _weather(values):
    """Return [[name, tenths], ...] of a map, every part of it checked."""
    if isinstance(values, dict) and len(values) <= limits.WEATHER_VALUES:
        rows = [[name, values[name]] for name in values
                if type(name) is str and 0 < len(name) <= 40 and type(values[name]) is int
                and abs(values[name]) < limits.WEATHER_TENTHS]
        if len(rows) == len(values):
            return sorted(rows)
    raise MessageError("key %d must be a map of at most %d integers"
                       % (_VALUES, limits.WEATHER_VALUES))
