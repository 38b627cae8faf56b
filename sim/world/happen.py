"""What each kind of event in a scenario does to a run."""

from collections.abc import Callable

from sim.world import scenario as scenarios


def happen(run, event) -> None:
    """Make a scenario's event happen now."""
    HOW[type(event)](run, event)


def _break(run, event: scenarios.Break) -> None:
    run.plant.fail(event.mode, event.severity, event.over, event.hung)
    cut_off = not run.network.up(run.name)
    run.observer.broke(event.mode, run.plant.shows_as(event.mode), event.over, cut_off)


def _mend(run, event: scenarios.Mend) -> None:
    if run.plant.repair(event.mode):
        run.observer.mended(event.mode)


def _break_sensor(run, event: scenarios.BreakSensor) -> None:
    run.plant.break_sensor(event.signal, event.kind)
    shows = run.plant.shows_as_sensor()
    cut_off = not run.network.up(run.name)
    run.observer.broke(f"sensor {event.signal}", shows, 0, cut_off)


def _mend_sensor(run, event: scenarios.MendSensor) -> None:
    if run.plant.mend_sensor(event.signal):
        run.observer.mended(f"sensor {event.signal}")


def _empty(run, event: scenarios.Empty) -> None:
    run.plant.empty(event.consumable)
    run.observer.note("people", f"emptied {event.consumable}")


def _refill(run, event: scenarios.Refill) -> None:
    put = run.plant.refill(event.consumable, event.amount)
    run.observer.note("people", f"refilled {put:g} {event.consumable}")


def _cut_network(run, event: scenarios.CutNetwork) -> None:
    run.observer.cut(event.lasts)
    run.network.cut(event.lasts)


def _kill(run, event: scenarios.Kill) -> None:
    run.site.power_off(event.off)


def _cut_power(run, event: scenarios.CutPower) -> None:
    run.site.off_s = event.off
    run.thing.cut_after(event.operations, event.share)


def _lose_flash(run, event: scenarios.LoseFlash) -> None:
    run.site.power_off(event.off)
    _store(run).wipe()
    run.observer.damage("the flash has lost everything")


def _rot_flash(run, event: scenarios.RotFlash) -> None:
    run.site.power_off(event.off)
    _store(run).rot(run.world.stream("rot").randrange(1 << 30))
    run.observer.damage("a bit of the journal has flipped")


def _store(run):
    if not hasattr(run.thing, "store"):
        raise ValueError(f"the flash of a thing on {run.runtime} cannot be reached from here")
    return run.thing.store


def _clock_jump(run, event: scenarios.ClockJump) -> None:
    run.endpoint.skew_s += event.seconds
    run.observer.note("clock", f"the desk's clock is {event.seconds} s off from here on")
    run.endpoint.pump()


def _allow(run, event: scenarios.Allow) -> None:
    """The owner's mandate is signed anew; who is no longer named is bought from no more."""
    run.observer.note("owner", f"allows {', '.join(event.sellers)}")
    terms = run.scenario.mandate.model_copy(update={"sellers": event.sellers})
    run.endpoint.send_mandate(run.name, terms, run.world.now)
    run.endpoint.pump()


def _replay(run, event: scenarios.Replay) -> None:
    """Old frames come again, as they were, in the order in which they were recorded."""
    run.observer.note("attack", f"{event.frames} old frames of each direction come again")
    for frame in run.observer.frames["up"][: event.frames]:
        run.endpoint.receive(run.name, frame)
    for frame in run.observer.frames["down"][: event.frames]:
        run.site.deliver(frame)


def _tell(run, event: scenarios.Tell) -> None:
    run.observer.note("notice", f"{event.sender} sends {event.what}: {event.words}")
    run.endpoint.tell(run.name, event)


def _type(run, event: scenarios.Type) -> None:
    answer = run.site.line(event.line)
    run.observer.note("console", f"{event.line} -> {answer.splitlines()[0] if answer else ''}")


HOW: dict[type, Callable] = {
    scenarios.Break: _break,
    scenarios.Mend: _mend,
    scenarios.BreakSensor: _break_sensor,
    scenarios.MendSensor: _mend_sensor,
    scenarios.Empty: _empty,
    scenarios.Refill: _refill,
    scenarios.CutNetwork: _cut_network,
    scenarios.Kill: _kill,
    scenarios.CutPower: _cut_power,
    scenarios.LoseFlash: _lose_flash,
    scenarios.RotFlash: _rot_flash,
    scenarios.ClockJump: _clock_jump,
    scenarios.Allow: _allow,
    scenarios.Replay: _replay,
    scenarios.Tell: _tell,
    scenarios.Type: _type,
}
