"""firmware/esp32 as it is built, in a MicroPython process over fakes of the chip's own modules."""

import json
import os
import re

import cbor2
import pytest

from firmware import guard
from firmware.image import build
from firmware.serial.console_tool import Refused, Session
from sim.board.chip import POWER_CUT, RESET, Esp32
from sim.mpy import runtime
from sim.mpy.runtime import ROOT

TESTS = ROOT / "tests"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    boards = ROOT / "boards"
    return build.build(
        boards / "esp32_coffee_machine.toml",
        boards / "products/coffee_machine.toml",
        tmp_path_factory.mktemp("image"),
    ).folder


@pytest.fixture
def board(tmp_path, image):
    board = Esp32(tmp_path / "board", image)
    yield board
    board.close()


def make_thing(board):
    board.start()
    with Session(board.terminal) as session:
        session.value("provision keys coffee-7")
    board.off()


def test_a_crash_is_reported_and_five_of_them_bring_safe_mode(board):
    make_thing(board)
    for _ in range(guard.BAD_BOOTS - 1):  # the start that made it a thing was short as well
        board.start(crash=True, cause="WDT_RESET")
        assert board.wait() == RESET
    board.shown_until("crashed on purpose")
    board.start(cause="WDT_RESET")
    with Session(board.terminal) as session:
        status = session.value("status")
        assert (status["mode"], status["thing"]) == ("safe", "coffee-7")
        assert "not yet" in status["buying"] or "no mandate" in status["buying"]
        assert any(row["quality"] == "good" for row in session.value("channels"))
        crash = json.loads(session.ask("crash"))
        assert crash["cause"] == "watchdog" and "crashed on purpose" in crash["trace"]
        assert session.value("link")["safe"] is True
        session.ask_and_leave("restart")
    assert board.wait() == RESET
    board.start(cause="SOFT_RESET")
    with Session(board.terminal) as session:
        assert session.value("status")["mode"] == "run", "a person's restart ends the row"


def test_what_cannot_be_put_together_even_in_safe_mode_still_answers(board):
    make_thing(board)
    for _ in range(guard.BAD_BOOTS - 1):
        board.start(crash=True)
        assert board.wait() == RESET
    board.start(crash=True)
    with Session(board.terminal) as session:
        assert "crashed on purpose" in session.value("status")["reason"]
        assert session.value("provision")["thing"] == "coffee-7"


def test_waking_up_many_times_is_not_a_row_of_failures(board):
    make_thing(board)
    for _ in range(guard.BAD_BOOTS + 2):
        board.start(cause="DEEPSLEEP_RESET")
        with Session(board.terminal) as session:
            session.value("status")
        board.off()
    board.start(cause="DEEPSLEEP_RESET")
    with Session(board.terminal) as session:
        assert session.value("status")["mode"] == "run"


def test_a_power_cut_at_any_operation_of_a_start_leaves_a_board_that_starts(board):
    make_thing(board)
    operation, ended = 0, POWER_CUT
    while ended == POWER_CUT:
        operation += 1
        board.start(cut_at=operation)
        with Session(board.terminal, patience_s=1) as session:
            try:
                assert session.value("provision")["thing"] == "coffee-7"
                ended = 0
            except Exception:
                ended = board.wait()
        board.off()
    assert operation > 3 and board.errors == ""


def test_an_output_of_the_board_is_switched_on_its_console_alone(board):
    make_thing(board)
    board.start()
    with Session(board.terminal) as session:
        assert session.value("output")[0]["on_when"] == "case open"
        assert "100 %" in session.ask("output service_lamp on")
        row, heater, reverse = session.value("output")
        assert (heater["set_pct"], reverse["set_pct"]) == (100, 0), "as their states have them"
        assert (row["output"], row["set_pct"], row["by"]) == ("service_lamp", 100, "hand")
        session.ask("pin set 4711")
        with pytest.raises(Refused, match="locked"):
            session.value("output service_lamp off")
        session.ask("pin unlock 4711")
        assert "case open" in session.ask("output service_lamp auto")
        assert session.value("output")[0]["set_pct"] == 0


# -- flash that rots ---------------------------------------------------------------------------


def rot(board, *names):
    board.off()
    runtime.run(TESTS / "mpy_rot.py", board.folder / "flash.bin", *names)
    board.start()


def test_what_is_kept_twice_is_mended_and_told(board):
    make_thing(board)
    rot(board, "identity")
    with Session(board.terminal) as session:
        assert session.value("status")["thing"] == "coffee-7"
        assert "identity in the store was damaged, mended" in session.ask("log")
    board.off()
    board.start()
    with Session(board.terminal) as session:
        assert "damaged" not in session.ask("log"), "once"


def test_a_thing_that_lost_its_identity_to_rot_says_so_and_can_be_made_anew(board):
    make_thing(board)
    board.start()
    with Session(board.terminal) as session:
        session.value("provision lock")
    rot(board, "identity", "identity.last", "boots")
    with Session(board.terminal) as session:
        status = session.value("status")
        assert status["mode"] == "blank" and "identity is damaged" in status["reason"]
        assert "`reset`" in status["reason"]
        assert "identity identity.last" in session.value("provision")["damaged"]
        with pytest.raises(Refused, match="locked"):
            session.value("provision keys coffee-8 anew")
        with pytest.raises(Refused, match="reset blank"):
            session.value("reset coffee-7")
        session.ask_and_leave("reset blank")
    assert board.wait() == RESET
    board.start()
    with Session(board.terminal) as session:
        assert session.value("provision")["damaged"] is None
        assert session.value("provision keys coffee-8")["thing"] == "coffee-8"


def test_rot_in_what_a_thing_can_do_without_does_not_stop_it(board):
    make_thing(board)
    board.start()
    with Session(board.terminal) as session:
        link = cbor2.dumps({"ca": b"none", "host": "broker", "port": 8883}, canonical=True)
        session.value(f"provision put link 1/1 {link.hex()}")
        for name in ("one", "two"):
            session.value(f"config set wifi.name {name}")
            session.value("config apply")
    rot(board, "config", "link", "link.last")
    with Session(board.terminal) as session:
        assert session.value("status")["thing"] == "coffee-7"
        log = session.ask("log")
        assert "it works alone: crc: link is damaged" in log and "config in the store" in log
        assert session.value("config get wifi.name")[0]["value"] == "one", "the last known good"
        checks = {row["check"]: row for row in session.value("selftest")}
        assert checks["flash"]["result"] == "failed" and "link" in checks["flash"]["detail"]


# -- a console that anybody may type into ------------------------------------------------------


def test_nonsense_neither_stops_nor_fills_the_thing(board):
    make_thing(board)
    board.start()
    with Session(board.terminal) as session:
        session.value("status")
    noise = bytes(byte for byte in os.urandom(8_000) if byte not in b"\x11\x13")
    board.type(noise + b"\r")
    board.ask("")
    board.type(b"\x00\x03\x04\x1a\x1b[A\x7f\x7f\x7f" * 50 + b"\r")
    board.ask("")
    assert board.running, board.errors
    with Session(board.terminal) as session:
        assert session.value("status")["thing"] == "coffee-7"


def test_random_words_are_answered_one_by_one(board):
    make_thing(board)
    board.start()
    with Session(board.terminal) as session:
        words = [*session.commands(), "--json", "put", "set", "get", "1/3", "ff", "{}", '"', "é"]
        words = [word for word in words if word not in ("restart", "reboot")]
        for number in range(100):
            pick = os.urandom(4)
            line = " ".join(words[byte % len(words)] for byte in pick[: 1 + number % 4])
            answer = session.ask(line)
            assert "Traceback" not in answer, line
        assert session.value("status")["thing"] == "coffee-7"
    assert board.errors == ""


def test_no_secret_is_shown(board):
    board.start()
    with Session(board.terminal) as session:
        session.ask("provision keys coffee-7")
        session.ask("config set wifi.name lab; config set wifi.password swordfish-9")
        shown = [session.ask(line) for line in (
            "config diff", "config apply", "config get", "config get wifi.password",
            "config set wifi.password another-word", "config diff", "config undo", "provision",
            "pin", "link", "status", "help", "crash", "pin set 4711", "pin", "pin unlock 4712",
            "config get --json", "provision --json", "wifi lab swordfish-9", "wifi", "log",
            "selftest", "outbox", "ledger", "reset", "read beans_g", "mandate put 1/2 00",
        )]  # fmt: skip
    said = "\n".join(shown)
    assert "swordfish" not in said and "another-word" not in said and "4711" not in said
    flash = (board.folder / "flash.bin").read_bytes()
    root = re.search(rb"hroot_key\x58\x20(.{32})", flash, re.DOTALL)
    private = re.search(rb"kprivate_key\x58\x20(.{32})", flash, re.DOTALL)
    assert root and private, "this test knows how keys lie in flash"
    assert root[1].hex() not in said and private[1].hex() not in said
