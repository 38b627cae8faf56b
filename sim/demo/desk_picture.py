"""Takes the desk's pictures for its README: `python -m sim.demo.desk_picture FILE FILE`.

Runs some coffee machines in one world until all kinds of things wait for somebody: among crooked
sellers, with owners who do not answer, and with parts that break while the service team is away.
Then the desk that served them shows its page, and Chromium (sim/demo/picture.py) takes a picture
of the overview and one of a thing.
"""

import sys
import tempfile
import threading
import tomllib
from pathlib import Path

import uvicorn

from sim.demo.picture import browser, shoot
from sim.desk.broker import free_port
from sim.desk.overview import waiting
from sim.desk.page.mount import mount
from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment
from sim.world import scenario as scenarios
from sim.world.clock import DAY, HOUR
from sim.world.run import Run
from sim.world.scenario import Scenario

SELLERS = scenarios.FOLDER / "crooked_sellers.toml"
MACHINES, DAYS, DAYS_MOST = 4, 9, 14
BREAKS = (("boiler_scaling", 6 * DAY), ("leak", 8 * DAY))  # of the first ones, and when
WAITS = {"approval", "case", "dispute"}
OVERVIEW, OVERVIEW_SIZE = "", "1280,940"
THING, THING_SIZE = "things/coffee_machine-2", "1280,1250"
# The scenario names its sellers by what they do; these are names that sellers would have.
NAMES = {
    "honest_shop": "corner_shop", "forger": "bean_brothers", "silence": "old_roastery",
    "latecomer": "coffee_direct", "half_empty": "milk_and_more", "twice": "kitchen_supply",
    "nothing": "discount_24",
}  # fmt: skip
CHANGES = {
    "mandate": {"approval": "ask above", "ask_above": 2_000,
                "weights": {"price": 80, "delivery": 5, "quality": 5, "trust": 10, "carbon": 0}},
}  # fmt: skip


def main(overview: Path, thing: Path) -> None:
    """Write the pictures; SystemExit says what is missing."""
    chromium = browser()
    machines = furnished()
    desk = machines[0].endpoint.desk
    lived(machines)
    app = application(desk)
    mount(app)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with tempfile.TemporaryDirectory(prefix="steward-desk-") as directory:
            for target, path, size in ((overview, OVERVIEW, OVERVIEW_SIZE),
                                       (thing, THING, THING_SIZE)):
                shoot(chromium, f"http://127.0.0.1:{port}/desk/{path}", target, directory, size)
    finally:
        server.should_exit = True
        thread.join()
        for machine in machines:
            machine.thing.close()
        desk.close()


def lived(machines: list[Run]) -> None:
    """Let time pass until everything of WAITS waits for somebody at the same time."""
    world, desk = machines[0].world, machines[0].endpoint.desk
    desk.department = PeopleDepartment()  # who have not come to work yet
    for machine, (mode, at) in zip(machines, BREAKS, strict=False):
        world.at(at, machine.plant.fail, mode)
    for hour in range(DAYS * 24, DAYS_MOST * 24, 3):
        world.run_until(hour * HOUR)
        with desk.database.reading() as session:
            if {one.kind for one in waiting(session, desk.now)} >= WAITS:
                return


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
    for seller in content["sellers"]:
        seller["name"] = NAMES[seller["name"]]
    # Two owners answer at once, the others hardly ever.
    content |= {"people": {"approves_after": ["10min", "2h"] if number < 2 else ["4d", "5d"]}}
    return scenarios.parse(content, "desk_picture.toml")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m sim.demo.desk_picture FILE FILE")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
