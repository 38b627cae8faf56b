"""What the desk puts off: done when it is due, also behind something that cannot be done."""

import pytest

from sim.desk import tasks
from sim.desk.models import Task
from sim.desk.testing import World


def test_what_fails_is_tried_again_later_and_keeps_nothing_back(monkeypatch):
    world, done = World(), []

    def fails(work, subject, content):
        work.put_off(0, "well", "half done")
        raise RuntimeError("a seller's program")

    monkeypatch.setitem(tasks.TASKS, "fails", fails)
    monkeypatch.setitem(tasks.TASKS, "well", lambda work, subject, content: done.append(subject))
    world.desk.act(lambda work: work.put_off(0, "fails", "first"))
    world.desk.act(lambda work: work.put_off(0, "well", "second"))
    with pytest.raises(RuntimeError, match="seller's"):
        world.desk.tick()
    world.desk.tick()
    assert done == ["second"], "and nothing of what failed stays"
    world.clock.now += tasks.ASIDE_S
    with pytest.raises(RuntimeError):
        world.desk.tick()
    with world.desk.database.reading() as session:
        assert session.query(Task).filter_by(what="fails").one().subject == "first"
