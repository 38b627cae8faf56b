"""REST about releases: what makers published, to whom it goes, and which thing runs what."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from sim.desk import codec, releases
from sim.desk.core import Desk
from sim.desk.models import Thing
from sim.desk.releases import FILE_MOST, FILES_MOST, PATH_CHARACTERS, Install, InstallState, Release
from sim.desk.rest import listing, views
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.views import Page, View

Percent = Annotated[int, Field(ge=0, le=100)]
Path = Annotated[str, Field(min_length=1, max_length=PATH_CHARACTERS)]


class ReleaseView(View):
    """A release. `bad`: it is offered to nobody, and who runs it is offered the next better one.

    `percent` of the things hear of it, or only those in `named`; `states` counts those that have.
    `signer` is the id of the key that the manifest names: the head of the SHA-256 of a maker's key.
    """

    id: int
    product: str
    board: str
    number: int
    version: str
    mends: str | None
    runtime: str
    size_bytes: int
    files: int
    signer: str
    digest: str
    percent: int
    named: list[str] | None
    bad: bool
    published_at: int
    states: dict[str, int] = Field(default_factory=dict)


class InstallView(View):
    """What a thing runs (a release's number; 0: as it came by cable) and how far another has come.

    `file` is the number of the file, in the release's list, that the thing asked for last.
    """

    thing: str
    runs: int
    number: int
    state: str
    reason: str | None
    file: int
    changed_at: int


class NewRelease(BaseModel):
    """A signed manifest in hexadecimal, its files by path in base64, and who hears of it first."""

    document: Annotated[str, Field(pattern="^([0-9a-f]{2})+$", max_length=2048)]
    files: Annotated[dict[Path, str], Field(min_length=1, max_length=FILES_MOST)]
    percent: Percent = 100
    things: list[str] | None = None


class ReleaseChange(BaseModel):
    """To whom a release goes from now on: more things, or nobody because it is bad."""

    percent: Percent | None = None
    bad: bool | None = None


def release_values(row: Release) -> dict[str, Any]:
    """What a ReleaseView shows, without the counts."""
    return views.columns(row) | {
        "digest": row.digest.hex(),
        "named": (row.things or {}).get("named"),
        "files": row.file_list.count(b"\n"),
        "signer": codec.key_id_of(row.document).hex(),
        "mends": codec.peek_document(row.document).get(releases.MENDS),
    }


def install_values(row: Install) -> dict[str, Any]:
    """What an InstallView shows."""
    return views.columns(row) | {"state": InstallState(row.state).name.lower()}


views.VALUES.update({Release: release_values, Install: install_values})
views.VIEWS.update({Release: ReleaseView, Install: InstallView})


def contents(files: dict[str, str]) -> dict[str, bytes]:
    """Files out of their base64; 422 for one that is none, empty or too long."""
    found = {}
    for path, text in files.items():
        try:
            found[path] = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise HTTPException(422, f"{path}: {error}") from error
        if not 0 < len(found[path]) <= FILE_MOST:
            raise HTTPException(422, f"{path}: 1 to {FILE_MOST} bytes, not {len(found[path])}")
    return found


def counted(session, shown: list[ReleaseView]) -> None:
    """Give releases the counts of the things that have heard of them."""
    product, board = (Thing.hello[word].as_string() for word in ("product", "board"))
    query = (
        select(product, board, Install.number, Install.state, func.count())
        .join(Thing, Thing.id == Install.thing_id)
        .where(Install.number.in_({release.number for release in shown}))
        .group_by(product, board, Install.number, Install.state)
    )
    places = {(one.product, one.board, one.number): one for one in shown}
    for *place, state, count in session.execute(query):
        if tuple(place) in places:
            places[tuple(place)].states[InstallState(state).name.lower()] = count


def detail(session, number: int) -> ReleaseView:
    """A release with its counts."""
    shown = views.view(listing.row_of(session, Release, number))
    counted(session, [shown])
    return shown


def installs_of(session, query, number: int):
    """Of installs, those whose latest release is the one with this id."""
    release = listing.row_of(session, Release, number)
    likes = select(Thing.id).where(
        Thing.hello["product"].as_string() == release.product,
        Thing.hello["board"].as_string() == release.board,
    )
    return query.where(Install.number == release.number, Install.thing_id.in_(likes))


def versions(desk: Desk) -> APIRouter:
    """Releases and installs."""
    router = APIRouter(tags=["releases"])

    @router.post("/releases", status_code=201, summary="Publish what a maker has signed")
    def publish(new: NewRelease) -> ReleaseView:
        files, document = contents(new.files), bytes.fromhex(new.document)
        try:
            number = desk.act(
                lambda work: releases.publish(work, document, files, new.percent, new.things)
            )
        except ValueError as error:  # of the codec
            raise HTTPException(422, str(error)) from error
        return listing.read(desk, lambda session: detail(session, number))

    @router.get("/releases")
    def list_releases(
        product: str | None = None,
        board: str | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[ReleaseView]:
        conditions = {Release.product: product, Release.board: board}
        query = listing.filtered(select(Release), conditions)
        page = listing.page(desk, query, Release.id, cursor, limit)
        listing.read(desk, lambda session: counted(session, page.items))
        return page

    @router.get("/releases/{number}")
    def one_release(number: int) -> ReleaseView:
        return listing.read(desk, lambda session: detail(session, number))

    @router.patch("/releases/{number}", summary="Offer it to more things, or to none: it is bad")
    def change(number: int, wanted: ReleaseChange) -> ReleaseView:
        desk.act(lambda work: releases.change(work, number, wanted.percent, wanted.bad))
        return one_release(number)

    @router.get("/installs", summary="Which thing runs what, and what came of its last update")
    def installs(
        thing: str | None = None,
        state: str | None = None,
        number: int | None = None,
        release: int | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[InstallView]:
        conditions = {Install.thing_id: thing, Install.number: number}
        query = listing.filtered(select(Install), conditions)
        query = listing.with_state(query, Install, InstallState, releases.FAILED, state, None)
        if release is not None:
            bare = query
            query = listing.read(desk, lambda session: installs_of(session, bare, release))
        return listing.page(desk, query, Install.thing_id, cursor, limit, rising=True)

    return router
