"""Code on loan is there for a call and gone after it, and what was there before stays."""

import sys

import agent.stock
from agent import loan

ROOM = "agent.stock.pattern"


class Shelf:
    specs = items = ()


def borrowed(verb):
    """verb() where loaded code is let go of, without the room being loaded before."""
    kept, loan.loaded = loan.loaded, sys.modules
    before = sys.modules.pop(ROOM, None)
    try:
        return verb()
    finally:
        loan.loaded = kept
        if before:
            sys.modules[ROOM] = agent.stock.pattern = before


def test_what_came_with_a_call_goes_with_it():
    def verb():
        assert loan.call("agent.stock.pattern", "week", Shelf) == []
        return ROOM in sys.modules, hasattr(agent.stock, "pattern")

    assert borrowed(verb) == (False, False)


def test_a_call_that_fails_lets_go_too():
    def verb():
        try:
            loan.call("agent.stock.pattern", "week", None)
        except AttributeError:
            return ROOM in sys.modules
        return True

    assert borrowed(verb) is False


def test_what_was_there_before_stays():
    def verb():
        __import__(ROOM)
        loan.call("agent.stock.pattern", "week", Shelf)
        return ROOM in sys.modules

    assert borrowed(verb) is True


def test_an_object_outlives_the_loan_of_its_class():
    class Item:
        class demand:
            @staticmethod
            def hours():
                return [1 / 24] * 24

        @staticmethod
        def rate_per_day():
            return 2.0

    made = borrowed(lambda: loan.call("agent.stock.pattern", "Pattern", Item, None))
    assert made.quiet() == (0, 0) and made.per_day == 2.0


def test_where_there_is_room_nothing_is_let_go_of():
    kept, loan.loaded = loan.loaded, {}
    try:
        loan.call("agent.stock.pattern", "week", Shelf)
        assert ROOM in sys.modules
    finally:
        loan.loaded = kept
