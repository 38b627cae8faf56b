"""A desk's database through the years: made, brought to a new version, refused, copied."""

import contextlib
import re
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from sim.cli import app
from sim.desk import schema, upkeep
from sim.desk.core import Desk
from sim.desk.models import Order
from sim.desk.testing import World


def made_by_the_first(url: str) -> None:
    """A database as the first version made it, with one thing in it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        upkeep.upgrade(connection, schema.FIRST)
        connection.execute(text(
            "INSERT INTO things (id, root_key, public_key, product, owner, provisioned_at, up_seq,"
            " down_seq, online, age_s, hello) VALUES ('kept', 'k', 'p', 'pump', 'anna', 1, 2, 3,"
            " false, 0, '{}')"
        ))  # fmt: skip
    engine.dispose()


def without_versions(path: Path) -> None:
    """A database of a steward that had no versions yet."""
    made_by_the_first(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute(f"DROP TABLE {schema.VERSIONS}")


def statements(path: Path) -> dict[str, set[str]]:
    """What a database was made by, but for the order of columns."""
    rows = sqlite3.connect(path).execute("SELECT name, sql FROM sqlite_master WHERE sql <> ''")
    return {
        name: set(re.split(r",(?![^(]*\))", re.sub(r"[\s\"]", "", sql.strip()).removesuffix(")")))
        for name, sql in rows
    }


def test_what_the_first_version_made_becomes_what_the_models_say(tmp_path):
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    made_by_the_first(f"sqlite:///{old}")
    told = upkeep.migrate(f"sqlite:///{old}")
    assert (told["from"], told["to"]) == (schema.FIRST, schema.head())
    Desk(f"sqlite:///{new}").close()
    assert statements(old) == statements(new)
    with create_engine(f"sqlite:///{old}").connect() as connection:
        assert upkeep.differences(connection) == []
        assert connection.scalar(text("SELECT owner FROM things")) == "anna"
    world = World(f"sqlite:///{old}")
    world.order()
    assert world.count(Order) == 1
    world.desk.close()


def test_an_option_before_the_command_is_not_passed_over(tmp_path):
    path = tmp_path / "desk.db"
    without_versions(path)
    done = CliRunner().invoke(app, ["desk", "--database", str(path), "migrate"])
    assert done.exit_code == 2 and "--database: belongs behind `migrate`" in done.output


def test_files_are_numbered_as_alembic_chains_them():
    steps = ScriptDirectory(str(schema.STEPS)).walk_revisions()
    assert [step.revision for step in steps] == schema.versions()
    assert schema.versions()[-1] == schema.FIRST


def test_a_database_from_before_versions_is_copied_and_brought_to_the_newest(tmp_path):
    path = tmp_path / "desk.db"
    without_versions(path)
    with pytest.raises(schema.SchemaError, match=r"no version yet.*run `steward desk migrate`"):
        Desk(f"sqlite:///{path}")
    done = CliRunner().invoke(app, ["desk", "migrate", "--database", str(path)])
    assert done.exit_code == 0, done.output
    assert "before: not versioned" in done.output
    copies = list(tmp_path.glob("desk.db.before-*"))
    assert len(copies) == 1 and str(copies[0]) in done.output
    assert stat.S_IMODE(copies[0].stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("SELECT id FROM things").fetchall() == [("kept",)]
    again = CliRunner().invoke(app, ["desk", "migrate", "--database", str(path)])
    assert "nothing to be done" in again.output
    assert list(tmp_path.glob("desk.db.before-*")) == copies


def test_a_newer_database_and_one_of_somebody_else_are_refused(tmp_path):
    path = tmp_path / "desk.db"
    Desk(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {schema.VERSIONS} SET version_num = '9999'")
    for work in (Desk, upkeep.migrate):
        with pytest.raises(schema.SchemaError, match="version 9999, which is newer"):
            work(f"sqlite:///{path}")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE bills (id INTEGER)")
    for work in (Desk, upkeep.migrate):
        with pytest.raises(schema.SchemaError, match=r"not a desk's database.*bills"):
            work(f"sqlite:///{other}")
    assert list(tmp_path.glob("*.before-*")) == []


def test_a_migration_that_would_end_elsewhere_is_not_done(tmp_path):
    path = tmp_path / "desk.db"
    without_versions(path)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE things DROP COLUMN owner")
    with pytest.raises(schema.SchemaError, match="owner"):
        upkeep.migrate(f"sqlite:///{path}")
    tables = {name for (name,) in sqlite3.connect(path).execute("SELECT name FROM sqlite_master")}
    assert schema.VERSIONS not in tables, "half of it stayed"


def test_a_copy_that_is_put_back_goes_on_above_what_it_has_forgotten(tmp_path):
    path, copy = tmp_path / "desk.db", tmp_path / "copy.db"
    world = World(f"sqlite:///{path}")
    world.order()
    upkeep.back_up(path, copy)
    world.run(4 * 86_400)
    world.order(0, "cups")
    world.desk.close()
    heard = world.thing.down_seq
    done = CliRunner().invoke(app, ["desk", "restored", "--database", str(copy)])
    assert done.exit_code == 0 and "1 thing:" in done.output
    desk = Desk(f"sqlite:///{copy}", clock=world.clock)
    told = world.thing.send(desk, 1, world.thing.hello())
    assert told and world.thing.down_seq > heard, "the thing would have taken nothing from it"
    assert desk.act(lambda work: work.session.scalar(text("SELECT max(number) FROM orders"))) == 1
    desk.close()
    again = World(f"sqlite:///{copy}", clock=world.clock)
    again.thing = world.thing
    again.order(0, "milk")
    assert [order.number for order in again.rows(Order)] == [1, 2 + upkeep.SKIPPED]
    again.desk.close()
    nowhere = CliRunner().invoke(app, ["desk", "restored", "--database", str(tmp_path / "no.db")])
    assert nowhere.exit_code == 1 and not (tmp_path / "no.db").exists()


def test_a_copy_beside_a_running_desk_has_what_was_committed(tmp_path):
    world = World(f"sqlite:///{tmp_path}/desk.db")
    world.order()
    command = ["desk", "backup", str(tmp_path / "copy.db"), "--database", f"{tmp_path}/desk.db"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    restored = Desk(f"sqlite:///{tmp_path}/copy.db")
    assert restored.act(lambda work: work.session.get(Order, 1)).thing_id == "thing-1"
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1 and "copy.db" in again.output
    restored.close()
    world.desk.close()
