"""What each kind of event in a scenario does to a run."""

from collections.abc import Callable

from sim.plants import UnknownName
from sim.world import events

NAMES = {"mode": "modes", "signal": "signals", "consumable": "consumables", "setting": "settings"}
"""What an event may name of the plant: its key, and where the plant has those that there are."""


def fits(event, plant) -> None:
    """Raises UnknownName for what the plant does not have, before the story begins."""
    for key, place in NAMES.items():
        named, known = getattr(event, key, None), getattr(plant, place)
        if named is not None and named not in known:
            kind = "failure mode" if key == "mode" else key
            raise UnknownName(f'{kind} for "{event.do}"', named, known)


def happen(run, event) -> None:
    """Make a scenario's event happen now."""
    HOW[type(event)](run, event)


def _break(run, event: events.Break) -> None:
    run.plant.fail(event.mode, event.severity, event.over, event.hung)
    cut_off = not run.network.up(run.name)
    run.observer.broke(event.mode, run.plant.shows_as(event.mode), event.over, cut_off)


def _mend(run, event: events.Mend) -> None:
    if run.plant.repair(event.mode):
        run.observer.mended(event.mode)


def _break_sensor(run, event: events.BreakSensor) -> None:
    run.plant.break_sensor(event.signal, event.kind, event.hung)
    shows = run.plant.shows_as_sensor()
    cut_off = not run.network.up(run.name)
    run.observer.broke(f"sensor {event.signal}", shows, 0, cut_off)


def _mend_sensor(run, event: events.MendSensor) -> None:
    if run.plant.mend_sensor(event.signal):
        run.observer.mended(f"sensor {event.signal}")


def _swap_sensor(run, event: events.SwapSensor) -> None:
    run.plant.swap_sensor(event.signal, event.more)
    run.observer.mended(f"sensor {event.signal}")


def _set(run, event: events.Set) -> None:
    run.plant.change(event.setting, event.value)
    run.observer.note("people", f"from here on {event.setting} is {event.value:g}")


def _empty(run, event: events.Empty) -> None:
    run.plant.empty(event.consumable)
    run.observer.note("people", f"emptied {event.consumable}")


def _refill(run, event: events.Refill) -> None:
    put = run.plant.refill(event.consumable, event.amount)
    run.observer.note("people", f"refilled {put:g} {event.consumable}")


def _cut_network(run, event: events.CutNetwork) -> None:
    run.observer.cut(event.lasts)
    run.network.cut(event.lasts)


def _silence_desk(run, event: events.SilenceDesk) -> None:
    run.observer.cut(event.lasts)
    run.endpoint.silence(event.lasts)


def _prices(run, event: events.Prices) -> None:
    run.observer.note("market", f"{event.seller} asks {event.percent} % of its prices")
    run.endpoint.reprice(event.seller, event.percent)
    run.world.after(event.lasts, run.endpoint.reprice, event.seller, 100)


def _kill(run, event: events.Kill) -> None:
    run.site.power_off(event.off)


def _cut_power(run, event: events.CutPower) -> None:
    run.site.off_s = event.off
    run.thing.cut_after(event.operations, event.share)


def _lose_flash(run, event: events.LoseFlash) -> None:
    run.site.power_off(event.off)
    _store(run).wipe()
    run.observer.damage("the flash has lost everything")


def _rot_flash(run, event: events.RotFlash) -> None:
    run.site.power_off(event.off)
    _store(run).rot(run.world.stream("rot").randrange(1 << 30))
    run.observer.damage("a bit of the journal has flipped")


def _store(run):
    if not hasattr(run.thing, "store"):
        raise ValueError(f"the flash of a thing on {run.runtime} cannot be reached from here")
    return run.thing.store


def _clock_jump(run, event: events.ClockJump) -> None:
    run.endpoint.skew_s += event.seconds
    run.observer.note("clock", f"the desk's clock is {event.seconds} s off from here on")
    run.endpoint.pump()


def _allow(run, event: events.Allow) -> None:
    """The owner's mandate is signed anew; who is no longer named is bought from no more."""
    run.observer.note("owner", f"allows {', '.join(event.sellers)}")
    terms = run.scenario.mandate.model_copy(update={"sellers": event.sellers})
    run.endpoint.send_mandate(run.name, terms, run.world.now)
    run.endpoint.pump()


def _replay(run, event: events.Replay) -> None:
    """Old frames come again, as they were, in the order in which they were recorded."""
    run.observer.note("attack", f"{event.frames} old frames of each direction come again")
    for frame in run.observer.frames["up"][: event.frames]:
        run.endpoint.receive(run.name, frame)
    for frame in run.observer.frames["down"][: event.frames]:
        run.site.deliver(frame)


def _tell(run, event: events.Tell) -> None:
    run.observer.note("notice", f"{event.sender} sends {event.what}: {event.words}")
    run.endpoint.tell(run.name, event)


def _type(run, event: events.Type) -> None:
    answer = run.site.line(event.line)
    run.observer.note("console", f"{event.line} -> {answer.splitlines()[0] if answer else ''}")


HOW: dict[type, Callable] = {
    events.Break: _break,
    events.Mend: _mend,
    events.BreakSensor: _break_sensor,
    events.MendSensor: _mend_sensor,
    events.SwapSensor: _swap_sensor,
    events.Set: _set,
    events.Empty: _empty,
    events.Refill: _refill,
    events.CutNetwork: _cut_network,
    events.SilenceDesk: _silence_desk,
    events.Prices: _prices,
    events.Kill: _kill,
    events.CutPower: _cut_power,
    events.LoseFlash: _lose_flash,
    events.RotFlash: _rot_flash,
    events.ClockJump: _clock_jump,
    events.Allow: _allow,
    events.Replay: _replay,
    events.Tell: _tell,
    events.Type: _type,
}
