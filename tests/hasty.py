"""The source of an agent that tries a new version for two seconds only, for tests of updates."""

from sim.mpy import runtime

HASTY = "agent/service/updates.py"  # the module that has the patience in it


def hasty() -> str:
    source = (runtime.ROOT / HASTY).read_text()
    for limit in ("UPDATE_TRIAL_S", "UPDATE_AGAIN_S"):
        assert f"limits.{limit}" in source
        source = source.replace(f"limits.{limit}", "2")
    return source
