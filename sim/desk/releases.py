"""Releases: what makers signed, to whom it is offered, and what became of it there.

    sent -> offered | fetching -> staged -> trying -> confirmed
         -> refused                               -> left        the thing says why

The desk can carry a release and no more: things take what their maker's key signed, above the
number that they run.  A thing is offered the highest release for its product and board that is not
known to be bad; who is among the first is the maker's choice.  A thing that asks, or runs what is
known to be bad, is always among them.
"""

import enum
import hashlib
from typing import Any

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from sim.desk import codec, documents, messages
from sim.desk.database import lock
from sim.desk.models import Outgoing, Table, Thing, serial, thing_key
from sim.desk.work import Answer, Refused, Work

PIECE_BYTES = 768
PIECE_EXPIRES_S = 60  # by then the thing has asked again
OFFER_EXPIRES_S = 30 * 86_400
PATH_CHARACTERS, FILES_MOST, FILE_MOST = 100, 500, 256 * 1024


class InstallState(enum.IntEnum):
    """How far a release has come in a thing; 0 to 6 are the wire's."""

    ASKS = 0
    OFFERED = 1
    FETCHING = 2
    STAGED = 3
    TRYING = 4
    CONFIRMED = 5
    LEFT = 6
    REFUSED = 7
    SENT = 8


MENDS = 10  # of the signed document: what a release mends, for owners
FAILED = (InstallState.LEFT, InstallState.REFUSED)


class Release(Table):
    """A maker's signed release."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("product", "board", "number"),)
    id: Mapped[int] = serial()
    product: Mapped[str]
    board: Mapped[str]
    number: Mapped[int]
    version: Mapped[str]
    runtime: Mapped[str]
    size_bytes: Mapped[int]
    document: Mapped[bytes]
    file_list: Mapped[bytes]
    digest: Mapped[bytes] = mapped_column(unique=True)  # head of the document's SHA-256
    percent: Mapped[int]  # of the things that are offered it
    things: Mapped[Any] = mapped_column(default=dict)  # {"named": [...]}, if it is for them only
    bad: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[int]


class ReleaseFile(Table):
    """One file of a release, numbered as in its list."""

    __tablename__ = "release_files"
    release_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes]


class Install(Table):
    """What one thing runs, and how far the latest release has come in it."""

    __tablename__ = "installs"
    thing_id: Mapped[str] = thing_key(primary_key=True)
    runs: Mapped[int] = mapped_column(default=0)  # number of the release, 0: as it came by cable
    number: Mapped[int] = mapped_column(default=0)
    state: Mapped[int] = mapped_column(default=InstallState.CONFIRMED)
    reason: Mapped[str | None]
    file: Mapped[int] = mapped_column(default=0)  # that it asked for last
    message_id: Mapped[int | None]  # of the offer on its way
    changed_at: Mapped[int]


def listed(files: dict[str, bytes]) -> bytes:
    """The list that a manifest vouches for: size, SHA-256 and path of each file, in order."""
    rows = [
        f"{len(content)} {hashlib.sha256(content).hexdigest()} {path}\n"
        for path, content in sorted(files.items())
    ]
    return "".join(rows).encode()


def publish(
    work: Work, document: bytes, files: dict[str, bytes], percent: int, named: list[str] | None
) -> int:
    """Keep a release and offer it; returns its id. Refused when document and files disagree.

    Whether the maker signed it only the things can tell.
    """
    content = codec.peek_document(document)
    if content.get(0) != documents.RELEASE.name:
        raise Refused("the document is no release")
    terms = messages.read(documents.RELEASE, content)
    rows = listed(files)
    if len(rows) != terms["list_bytes"] or hashlib.sha256(rows).digest() != terms["list"]:
        raise Refused("the files are not those that the manifest was signed for")
    known = select(Release.id).where(
        Release.product == terms["product"],
        Release.board == terms["board"],
        Release.number >= terms["number"],
    )
    if work.session.scalar(known) is not None:
        raise Refused(f"number {terms['number']} is not above the releases that are here")
    release = Release(
        **{word: terms[word] for word in ("product", "board", "number", "version", "runtime")},
        size_bytes=terms["bytes"],
        document=document,
        file_list=rows,
        digest=hashlib.sha256(document).digest()[:8],
        published_at=work.now,
        percent=percent,
        things={} if named is None else {"named": named},
        bad=False,
    )
    work.session.add(release)
    work.session.flush()
    for number, path in enumerate(sorted(files), 1):
        work.session.add(ReleaseFile(release_id=release.id, number=number, content=files[path]))
    _offer_to_all(work, release)
    return release.id


def change(work: Work, release_id: int, percent: int | None, bad: bool | None) -> None:
    """Offer a release to more things, or mark it as bad: then it is offered to nobody, and those
    that run it are offered the next better one."""
    release = work.session.get(Release, release_id)
    if release is None:
        raise Refused("no such release")
    if percent is not None:
        release.percent, release.things = percent, {}
    if bad is not None:
        release.bad = bad
    _offer_to_all(work, release)


def greeted(work: Work, thing: Thing, words: dict) -> None:
    """A hello says what the thing runs."""
    if words["release"] is None:
        return
    install = _install(work, thing)
    install.runs = words["release"]
    if install.runs >= install.number:
        _take_back(work, thing)
        if (install.number, install.state) != (install.runs, InstallState.CONFIRMED):
            install.number = install.runs
            _change(work, install, InstallState.CONFIRMED)
    elif install.state not in FAILED:
        install.number = 0  # it may have been flashed anew; it says again how far it is
    offer(work, thing)


def told(work: Work, thing: Thing, words: dict) -> Answer:
    """The thing says how far a release has come, or asks for one."""
    install = _install(work, thing)
    if words["state"] == InstallState.ASKS:
        install.runs = words["release"]
        _change(work, install, InstallState.ASKS, words["reason"])
        offer(work, thing, asked=True)
        return Answer()
    install.number = words["release"]
    _change(work, install, InstallState(words["state"]), words["reason"])
    _take_back(work, thing)  # it has heard of it
    if words["state"] == InstallState.CONFIRMED:
        install.runs = words["release"]
        offer(work, thing)
    return Answer()


def fetch(work: Work, thing: Thing, words: dict) -> Answer:
    """Send pieces of a file; what gets lost is asked for again."""
    release = work.session.scalars(
        select(Release).where(Release.digest == words["release"])
    ).first()
    if release is None or release.bad:
        raise Refused("no such release is to be had")
    place, start = words["file"], words["start"]
    content = release.file_list
    if place:
        file = work.session.get(ReleaseFile, (release.id, place))
        if file is None:
            raise Refused("no such file")
        content = file.content
    for _ in range(words["pieces"]):
        data = content[start : start + PIECE_BYTES]
        if data:
            piece = {"release": release.digest, "file": place, "start": start, "data": data}
            expires = work.now + PIECE_EXPIRES_S
            work.queue(thing.id, messages.PIECE, wants_ack=False, expires=expires, **piece)
        start += PIECE_BYTES
    install = _install(work, thing)
    if install.state != InstallState.FETCHING or install.number != release.number:
        install.number = release.number
        _change(work, install, InstallState.FETCHING)
    install.file = place
    return Answer()


def heard(work: Work, thing: Thing, message_id: int, outcome: int, reason: str | None) -> None:
    """The thing acknowledged a message; if that was an offer and it is refused, so be it."""
    install = work.session.get(Install, thing.id)
    if install is None or install.message_id != message_id:
        return
    install.message_id = None
    if outcome == messages.REFUSED:
        _change(work, install, InstallState.REFUSED, reason)


def offer(work: Work, thing: Thing, asked: bool = False) -> None:
    """Send a thing the best release for it, unless it has that, or has failed with it before.

    asked: by the thing itself, or because of a fault that software mends.
    """
    board = (thing.hello or {}).get("board")
    if board is None:
        return  # it takes no updates, or has not been heard of
    install = _install(work, thing)
    query = select(Release).where(
        Release.product == thing.hello["product"],
        Release.board == board,
        Release.number > install.runs,
        Release.bad.is_(False),
    )
    asked = asked or _runs_bad(work, thing, install)
    for release in work.session.scalars(query.order_by(Release.number.desc())):
        if asked or _chosen(thing, release):
            break
    else:
        return
    if install.number == release.number and install.state != InstallState.ASKS:
        return
    _take_back(work, thing)
    install.message_id = work.queue(
        thing.id,
        messages.MANIFEST,
        expires=work.now + OFFER_EXPIRES_S,
        document=release.document,
    )
    install.number = release.number
    _change(work, install, InstallState.SENT)


def _offer_to_all(work: Work, release: Release) -> None:
    """Every thing of the release's product and board hears of what is now best for it."""
    things = work.session.scalars(select(Thing.id).order_by(Thing.id)).all()
    for thing_id in things:
        thing = lock(work.session, Thing, thing_id)
        hello = thing.hello if thing is not None else {}
        about = hello.get("product"), hello.get("board")
        if thing is None or about != (release.product, release.board):
            continue
        install = _install(work, thing)
        if release.bad and install.number == release.number:
            _take_back(work, thing)
        offer(work, thing)


def _take_back(work: Work, thing: Thing) -> None:
    """What the thing has not heard yet it need not hear any more."""
    waiting = delete(Outgoing).where(
        Outgoing.thing_id == thing.id, Outgoing.kind == messages.MANIFEST
    )
    work.session.execute(waiting)


def _chosen(thing: Thing, release: Release) -> bool:
    """Whether a thing is among those that are offered a release: always the same ones first."""
    if release.things:
        return thing.id in release.things["named"]
    draw = hashlib.sha256(release.digest + thing.id.encode()).digest()
    return int.from_bytes(draw[:4], "big") % 100 < release.percent


def _runs_bad(work: Work, thing: Thing, install: Install) -> bool:
    query = select(Release.bad).where(
        Release.product == thing.hello["product"],
        Release.board == thing.hello["board"],
        Release.number == install.runs,
    )
    return bool(work.session.scalar(query))


def _install(work: Work, thing: Thing) -> Install:
    install = work.session.get(Install, thing.id)
    if install is None:
        state = InstallState.CONFIRMED
        install = Install(
            thing_id=thing.id, changed_at=work.now, runs=0, number=0, file=0, state=state
        )
        work.session.add(install)
    return install


def _change(work: Work, install: Install, state: InstallState, reason: str | None = None) -> None:
    install.state, install.reason, install.changed_at = state, reason, work.now
