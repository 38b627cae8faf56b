"""What a product without consumables carries and loads: nothing of stock and money."""

import subprocess
import sys
from pathlib import Path

from firmware.image.closure import WITHOUT_CONSUMABLES, closure

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import sys
import kit
import test_no_trade
test_no_trade.test_faults_become_cases_and_no_word_of_money_is_known()
print("\\n".join(name for name in sys.modules if name.startswith("agent.")))
"""
OF_TRADE = ("agent.money", "agent.stock", "agent.trade", "agent.needs",
            "agent.console.money", "agent.console.stock", "agent.console.mandate",
            "agent.console.ledger", "agent.console.story")  # fmt: skip


def test_none_of_it_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/portable'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "agent.core" in done.stdout
    assert [name for name in done.stdout.splitlines() if name.startswith(OF_TRADE)] == []


def test_none_of_it_is_carried():
    carried = closure(["agent.core", "agent.console.commands"], WITHOUT_CONSUMABLES)
    modules = [name.removesuffix(".py").replace("/", ".") for name in carried]
    assert "agent.service.cases" in modules
    assert [name for name in modules if name.startswith(OF_TRADE)] == []
