"""What holds for every test: Hypothesis draws the same examples each time, however slow it is.

A change must not fail on what another one broke, so `make test` is the same everywhere; new
examples are looked for with HYPOTHESIS_PROFILE=random, as `make nightly` does. `make frozen` is who
gives --micropython.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# They wait for clocks and real processes: begun first, others work beside them, and no process is
# left alone with one at the end.
LONG = (
    "test_provision", "test_updates_run", "test_survival_cuts", "test_sim_thing", "test_bench_cost",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_addoption(parser):
    parser.addoption("--micropython", help="its sources, to provision a frozen build of 32 bits")


@pytest.fixture(scope="session")
def micropython(request) -> Path | None:
    """MicroPython's sources, if they were given."""
    source = request.config.getoption("--micropython")
    return Path(source).resolve() if source else None
