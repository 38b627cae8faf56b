"""Takes the picture of the desk's page for its README: `python -m sim.demo.desk_picture FILE`.

Runs some coffee machines in one world for as many days as it takes to have something to decide:
among crooked sellers, with owners who do not answer and parts that break. Then the desk
that served them shows its page, and Chromium (sim/demo/picture.py) takes the picture.
"""

import sys
import tempfile
import threading
import tomllib
from pathlib import Path

import uvicorn

from sim.demo.picture import browser, shoot
from sim.desk.broker import free_port
from sim.desk.page.mount import mount
from sim.desk.rest import application
from sim.world import scenario as scenarios
from sim.world.clock import DAY, HOUR
from sim.world.run import Run
from sim.world.scenario import Scenario

SELLERS = scenarios.FOLDER / "crooked_sellers.toml"
MACHINES, DAYS = 4, 9
BREAKS = (("boiler_scaling", 2 * DAY), ("leak", 6 * HOUR))  # of the first ones, before the end
SIZE = "1280,880"
CHANGES = {
    "mandate": {"approval": "ask above", "ask_above": 2_000,
                "weights": {"price": 80, "delivery": 5, "quality": 5, "trust": 10, "carbon": 0}},
    "service": {"accepts_after": ["20h", "23h"]},
}  # fmt: skip


def main(target: Path) -> None:
    """Write the picture; SystemExit says what is missing."""
    chromium = browser()
    machines = furnished()
    end = DAYS * DAY + 9 * HOUR
    for machine, (mode, before) in zip(machines, BREAKS, strict=False):
        machine.world.at(end - before, machine.plant.fail, mode)
    machines[0].world.run_until(end)
    app = application(machines[0].endpoint.desk)
    mount(app)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with tempfile.TemporaryDirectory(prefix="steward-desk-") as directory:
            shoot(chromium, f"http://127.0.0.1:{port}/desk/", target, directory, SIZE)
    finally:
        server.should_exit = True
        thread.join()
        for machine in machines:
            machine.thing.close()
        machines[0].endpoint.desk.close()


def furnished() -> list[Run]:
    """Coffee machines in one world, each busier than the one before."""
    machines: list[Run] = []
    for number in range(MACHINES):
        beside = machines[0] if machines else None
        machines.append(Run(_scenario(number), beside=beside))
    return machines


def _scenario(number: int) -> Scenario:
    content = tomllib.loads(SELLERS.read_text("utf-8")) | CHANGES
    content |= {"plant_settings": {"customers_per_day": float(20 + 10 * number)}}
    # Two owners answer at once, the others hardly ever.
    content |= {"people": {"approves_after": ["10min", "2h"] if number < 2 else ["4d", "5d"]}}
    return scenarios.parse(content, "desk_picture.toml")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m sim.demo.desk_picture FILE")
    main(Path(sys.argv[1]))
