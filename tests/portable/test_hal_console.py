"""Lines put together byte by byte; only what needs no real stream."""

from hal.backoff import FIRST_MS, LONGEST_MS, Backoff
from hal.console import LONGEST, Console


class Typed(Console):
    """A console whose stream is a list of bytes."""

    def __init__(self, data, echo=False):
        self.data = list(data)
        self.out = b""
        self._echo = echo
        self._line = bytearray()
        self._too_long = False
        self._write = self._keep

    def _keep(self, data):
        self.out += data

    def _byte(self):
        return bytes([self.data.pop(0)]) if self.data else None


def lines(data):
    console = Typed(data)
    found = []
    while console.data:
        line = console.read()
        if line is not None:
            found.append(line)
    return found, console.out


def test_any_line_end_ends_a_line_and_empty_ones_are_none():
    assert lines(b"status\r\nhelp\n\n\rwhy 3\r")[0] == ["status", "help", "why 3"]


def test_an_unfinished_line_waits():
    console = Typed(b"stat")
    assert console.read() is None
    console.data += list(b"us\n")
    assert console.read() == "status"


def test_rubbing_out_works():
    assert lines(b"statX\bus\n\x7f\x7fhelp\n")[0] == ["status", "help"]


def test_a_line_too_long_is_refused_whole():
    found, out = lines(b"x" * (LONGEST + 1) + b"\nhelp\n")
    assert found == ["help"]
    assert b"not obeyed" in out


def test_what_is_not_text_is_refused():
    found, out = lines(b"\xff\xfe\nhelp\n")
    assert found == ["help"]
    assert b"not text" in out


def test_echo_shows_what_was_typed():
    console = Typed(b"ab\bc\r", echo=True)
    assert console.read() == "ac"
    assert console.out == b"ab\b \bc\r\n"


def test_text_goes_out_with_carriage_returns():
    console = Typed(b"")
    console.write("one\ntwo")
    assert console.out == b"one\r\ntwo\r\n"


def test_waits_double_to_a_limit_with_jitter_in_the_upper_half():
    def draws(byte):
        backoff = Backoff(lambda count: bytes([byte] * count))
        return [backoff.next_ms() for _ in range(12)]

    low, high = draws(0), draws(255)
    assert low[:3] == [FIRST_MS // 2, FIRST_MS, 2 * FIRST_MS]
    assert all(least < most <= LONGEST_MS for least, most in zip(low, high))
    assert low[-1] == LONGEST_MS // 2


def test_only_a_long_session_starts_the_waits_anew():
    backoff = Backoff(lambda count: bytes(count))
    for _ in range(5):
        backoff.next_ms()
    assert backoff.next_ms(session_ms=5_000) > 4 * FIRST_MS
    assert backoff.next_ms(session_ms=120_000) == FIRST_MS // 2
    assert backoff.next_ms() == FIRST_MS
    assert backoff.next_ms(session_ms=1 - (1 << 29)) == FIRST_MS // 2, "a session of days"
