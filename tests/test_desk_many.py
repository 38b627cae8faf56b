"""A desk with much in it asks its database no more often for that, and reads not what is over."""

import pytest
from fastapi.testclient import TestClient
from page_kit import filled, peopled
from sqlalchemy import event, text

from sim.desk.models import Case, Event, Finding, Order
from sim.desk.rest.app import application

MORE = 40
LOOKS = ("/overview", "/waiting", "/summary", "/perception", "/things/thing-1", "/orders", "/cases",
         "/things/thing-1/timeline", "/disputes", "/findings", "/metrics")  # fmt: skip


@pytest.fixture
def world():
    return filled(peopled())


def more_of(world, table, **change) -> list:
    """Copies of a table's row, each with a history of its own."""
    row = world.rows(table)[0]
    columns = [column.key for column in table.__table__.columns if not column.primary_key]
    values = {key: getattr(row, key) for key in columns} | change
    made = [table(**values | own(table, number)) for number in range(MORE)]
    world.desk.act(lambda work: work.session.add_all(made))
    return [one.number for one in made if hasattr(one, "number")]


def own(table, number: int) -> dict:
    """What differs from row to row: what is unique."""
    key = bytes([number + 1]) * 16
    unique: dict[type, dict] = {Order: {"order_id": key, "cycle": number + 9},
                                Case: {"case_id": key}}  # fmt: skip
    return unique.get(table, {})


def test_the_number_of_queries_does_not_grow_with_what_is_there(world):
    asked = []
    http = TestClient(application(world.desk), base_url="http://localhost")
    event.listen(world.desk.database.engine, "before_cursor_execute",
                 lambda _connection, _cursor, statement, *_: asked.append(statement))  # fmt: skip

    def counts() -> dict[str, int]:
        found = {}
        for path in LOOKS:
            asked.clear()
            assert http.get(path).status_code == 200
            found[path] = len(asked)
        return found

    few = counts()
    for table, over in ((Order, 8), (Case, 6), (Finding, 3)):
        numbers = more_of(world, table, state=over)
        kind = {Order: "order_number", Case: "case_number"}.get(table)
        histories = [Event(at=1, source="thing", word="said", **{kind: number})
                     for number in numbers if kind]  # fmt: skip
        world.desk.act(lambda work, rows=histories: work.session.add_all(rows))
    assert len(http.get("/things/thing-1/timeline?limit=300").json()) > 2 * MORE
    assert counts() == few


@pytest.mark.parametrize("table, column", [
    ("orders", "state"), ("cases", "state"), ("disputes", "state"), ("findings", "state"),
    ("events", "order_number"), ("events", "case_number"), ("events", "dispute_number"),
])  # fmt: skip
def test_what_is_open_and_a_history_are_found_by_an_index(world, table, column):
    plan = text(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {column} IN (:one, :other)")
    with world.desk.database.reading() as session:
        said = " ".join(row[3] for row in session.execute(plan, {"one": 1, "other": 2}))
    assert f"USING INDEX ix_{table}_{column}" in said, said
