"""Lists over HTTP: one page by key, filters, states by their words, and rows that must exist."""

from typing import Annotated

from fastapi import HTTPException, Query

from sim.desk.core import Desk
from sim.desk.rest.views import Page, view

PAGE, PAGE_MOST = 50, 500

Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]
Cursor = Annotated[str | None, Query(max_length=40)]


def read(desk: Desk, look):
    """`look(session)` in a transaction that only reads."""
    with desk.database.reading() as session:
        return look(session)


def row_of(session, table, key):
    """The row of a key; 404 when there is none."""
    row = session.get(table, key)
    if row is None:
        raise HTTPException(404, f"no {table.__name__.lower()} {key}")
    return row


def number_in(text: str) -> int:
    """The primary key in a number as people write it: O-000012, C-000012, D-000012 or 12."""
    digits = text.upper().removeprefix("O-").removeprefix("C-").removeprefix("D-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise HTTPException(404, f"{text} is not a number of an order, a case or a dispute")
    return int(digits)


def filtered(query, conditions: dict):
    """The query with column = value for every value that was given."""
    for column, value in conditions.items():
        if value is not None:
            query = query.where(column == value)
    return query


def with_state(query, table, states, open_states, state: str | None, open: bool | None):
    """The query for one state by its word, or for what is open; 422 for a word that is none."""
    if state is not None:
        if state.upper() not in states.__members__:
            known = ", ".join(word.lower() for word in states.__members__)
            raise HTTPException(422, f"state: {state} is none of {known}")
        query = query.where(table.state == states[state.upper()])
    if open is not None:
        condition = table.state.in_(open_states)
        query = query.where(condition if open else ~condition)
    return query


def page(desk: Desk, query, column, cursor: str | None, limit: int, rising=False) -> Page:
    """One page by key, newest first unless rising; a cursor stays right while rows are added."""
    if cursor is not None:
        if not rising and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
            raise HTTPException(422, "cursor: not one that this list gave out")
        key = cursor if rising else int(cursor)
        query = query.where(column > key if rising else column < key)
    query = query.order_by(column if rising else column.desc()).limit(limit + 1)
    with desk.database.reading() as session:
        rows = session.scalars(query).all()
        shown = rows[:limit]
        more = str(getattr(shown[-1], column.key)) if len(rows) > limit else None
        return Page(items=[view(row) for row in shown], next=more)
