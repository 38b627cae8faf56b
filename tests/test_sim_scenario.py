"""Scenario files are read strictly: every mistake is named with its line."""

import tomllib

import pytest

from boards.locate import Lines
from boards.problems import DescriptionError
from sim.world import events, scenario
from sim.world.happen import HOW

HEAD = 'title = "t"\nproduct = "coffee_machine"\nplant = "coffee_machine"\nduration = "5d"\n'


def parse(text):
    return scenario.parse(tomllib.loads(text), "here.toml", Lines(text))


def problem(text):
    with pytest.raises(DescriptionError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_that_comes_along_is_sound(name):
    loaded = scenario.load(name)
    assert loaded.name == name
    assert loaded.product_file().exists()
    assert loaded.title and loaded.duration > 0


def test_an_event_happens_as_often_as_it_says():
    kill = '[[events]]\nat = "18h"\ndo = "kill"\noff = "14h"\nevery = "1d"\n'
    times = [event.at // 3600 for event in parse(HEAD + kill).events]
    assert times == [18, 42, 66, 90, 114]
    assert len(parse(HEAD + kill + "times = 3\n").events) == 3
    assert "every" in problem(HEAD + kill.replace('"1d"', '"0s"'))
    assert "times" in problem(HEAD + kill + "times = 0\n")


def test_defaults_make_a_whole_scenario():
    loaded = parse(HEAD)
    assert loaded.sellers[0].kind == "honest"
    assert loaded.mandate.cap > 0
    assert loaded.network.loss == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "lenght = 3\n", "here.toml:5: error: lenght: unknown key 'lenght'; allowed: title"),
        (HEAD + 'evnts = 3\n', 'did you mean "events"'),
        (HEAD + '[people]\nforget = 1\n', 'did you mean "forgets"? allowed: refill_after, half'),
        (HEAD + '[mandate]\ncapp = 1\n', 'did you mean "cap"'),
        (HEAD + '[[sellers]]\nname = "a"\nprice = 1\n', "allowed: name, kind, price_percent"),
        (HEAD + '[[events]]\nat = "1d"\ndo = "cut network"\nlast = "1d"\n',
         "events[0].last: unknown key 'last'; did you mean \"lasts\"? "
         "allowed: at, every, times, do, lasts"),
        (HEAD.replace('"5d"', "5"), "5 has no unit"),
        (HEAD.replace('= "coffee_machine"\nduration', '= "toaster"\nduration'), "'toaster'"),
        (HEAD + '[[events]]\nat = "1d"\ndo = "brake"\n', "'brake' is not allowed"),
        (HEAD + '[[events]]\nat = "1d"\ndo = "break"\n', "events[0].mode: this key is missing"),
        (HEAD + '[[events]]\nat = "6d"\ndo = "kill"\n', ":5: error: events[0]: this happens after"),
        (HEAD + "[network]\nloss = 2\n", "2 is no share"),
        (HEAD + '[network]\ndelay = ["3s", "1s"]\n', "the shorter stands first"),
        (HEAD + "[[sellers]]\n", "sellers[0].name: this key is missing"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, told):
    assert told in problem(text)


def test_a_scenario_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(FileNotFoundError, match="did you mean"):
        scenario.find("coffee_mashine")


def test_every_kind_of_event_is_carried_out_by_something():
    kinds = {kind for kind in vars(events).values()
             if isinstance(kind, type) and issubclass(kind, events.Event)}
    assert set(HOW) == kinds - {events.Event}
