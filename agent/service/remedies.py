"""Remedies: what the thing tries by itself, the cheapest first, before it asks anybody.

    confirmed -> wanted -> tried -> quiet until the monitor's all-clear: recovered, nobody is asked
                   ^         |
                   +---------+ its alarm again after `look` seconds: the next remedy
    and when none is left, or none may be tried, service is asked for, and told what was tried

A remedy that names an output has it the other way for some seconds (firmware/outputs.py); one that
names a sensor has it set up anew on its bus (firmware/restart.py), and is an output here; any other
one asks for the maker's newer version.  Nothing is switched while the thing is in use, and
nothing is tried in safe mode or while the owner has paused it.  That it is tried is on flash before
it happens, so a start that it may have caused does not try it again.

On loan while something is under way or was tried of late; what lasts is a row of numbers a monitor
in Cases.trials.
"""

from agent import limits
from agent.sense.channels import GOOD
from agent.sense.findings import CONFIRMED, NONE
from agent.service import asking
from agent.service.cases import TRIAL

# Of a row: 0, WANTED or TRIED; index of the remedy; since when it is wanted; tries of this spell,
# when the first and the last of them was, and a bit for each remedy that was among them.
STAGE, PLACE, SINCE, COUNT, FIRST, LAST, DONE = range(7)
WANTED, TRIED = 1, 2
NEVER, LATER, NOW = 0, 1, 2


class Trials:
    """What is under way of one Agent."""

    def __init__(self, agent):
        self._agent = agent
        self._rows = agent.cases.trials
        product = agent.product
        for spec in product.sensors:
            watch = agent.senses.find("sensor_" + product.channels[spec["channel"]].name)
            watch.remedies, watch.asks = spec.get("tries", ()), spec.get("asks", ())

    def step(self, confirmed, at):
        """Hold back what may yet be mended here; return the watches to ask service for."""
        ask = [watch for watch in confirmed if not self._begin(watch, at)]
        for name in sorted(self._rows):
            row = self._rows[name]
            if not row[STAGE]:
                if at - row[FIRST] >= limits.REMEDY_SPELL_S:
                    del self._rows[name]
                    self._agent.journal.note([TRIAL, name])
            else:
                watch = self._agent.senses.find(name)
                if not self._goes_on(watch, row, at):
                    row[STAGE] = 0
                    self._keep(name)
                    if watch and watch.finding.state == CONFIRMED:
                        ask.append(watch)
        return ask

    def _begin(self, watch, at):
        """Want the first remedy of a finding; whether there is one."""
        if not watch.remedies:
            return False
        row = self._rows.get(watch.name)
        if row is None:
            row = self._rows[watch.name] = [0, 0, at, 0, at, at, 0]
        if not row[STAGE]:
            row[STAGE], row[PLACE], row[SINCE] = WANTED, 0, at
            self._keep(watch.name)
        return True

    def _goes_on(self, watch, row, at):
        """Move a trial on; False when it is over."""
        if watch is None or watch.finding.state != CONFIRMED:
            if watch and row[STAGE] == TRIED and watch.finding.state == NONE:
                watch.mended = watch.remedies[row[PLACE]]["name"]
                self._agent.tell("%s: recovered after %s" % (watch.mode, watch.mended))
            return False
        if row[STAGE] == TRIED:
            if watch.finding.seen <= row[LAST] + watch.remedies[row[PLACE]]["look"]:
                return True  # the monitor has the word
            row[STAGE], row[PLACE], row[SINCE] = WANTED, row[PLACE] + 1, at
            self._keep(watch.name)
        return self._next(watch, row, at)

    def _next(self, watch, row, at):
        """Try the first remedy that can be tried; False when there is none."""
        cases, senses = self._agent.cases, self._agent.senses
        if self._forbidden() or asking.related(cases, watch, senses):
            return False
        while row[PLACE] < len(watch.remedies) and row[COUNT] < limits.REMEDY_TRIES:
            remedy = watch.remedies[row[PLACE]]
            when = self._when(remedy, row, at)
            if when == NOW:
                self._try(watch, row, remedy, at)
                return True
            if when == LATER and at - row[SINCE] < limits.REMEDY_PATIENCE_S:
                return True
            row[PLACE] += 1
        return False

    def _forbidden(self):
        agent = self._agent
        return agent.mode or (agent.trade and agent.trade.mandate.paused())

    def _when(self, remedy, row, at):
        """Return whether a remedy can be tried here, and now."""
        if "output" not in remedy:
            updates = self._agent.updater()
            return NOW if updates and updates.port.maker and not updates.stage() else NEVER
        if remedy["output"] not in self._agent.switches:
            return NEVER
        resting = row[COUNT] and at - row[LAST] < limits.REMEDY_REST_S
        return LATER if resting or self._in_use(at) else NOW

    def _in_use(self, at):
        """Return whether the thing is in use, or nobody can tell though there is a channel."""
        index = self._agent.product.in_use
        if index < 0:
            return False
        signal = self._agent.senses.signals[index]
        if signal.quality != GOOD or signal.sick:
            return True
        if signal.channel.unit == "on/off":
            return signal.value != 0
        return at - signal.changed_at < limits.REMEDY_IDLE_S

    def _try(self, watch, row, remedy, at):
        row[STAGE], row[LAST] = TRIED, at
        row[FIRST] = row[FIRST] if row[COUNT] else at
        row[COUNT] += 1
        row[DONE] |= 1 << row[PLACE]
        self._keep(watch.name)
        self._agent.tell("%s: tries %s" % (watch.mode, remedy["name"]))
        if "output" in remedy:
            self._agent.effects.append(("switch", remedy["output"], remedy["seconds"]))
        else:
            self._agent.updater().ask(watch.mode)

    def _keep(self, name):
        self._agent.journal.note([TRIAL, name] + self._rows[name])


def told(agent, watch, at):
    """Return what `why` tells of a watch's remedies: [(word, what came of it), ...]."""
    row = agent.cases.trials.get(watch.name, (0,) * 7)
    rows = []
    for place, remedy in enumerate(watch.remedies):
        under_way = row[STAGE] and place == row[PLACE]
        if under_way:
            word = ("", "wanted", "tried, the monitor looks")[row[STAGE]]
        elif row[DONE] >> place & 1:
            word = "tried"
        elif "output" in remedy and remedy["output"] not in agent.switches:
            word = "not tried: not on this board, or remedies.mode ask"
        else:
            word = "not tried"
        rows.append((remedy["name"], word))
    if row[COUNT]:
        rows += [("tries", row[COUNT]), ("last_try_s", at - row[LAST])]
    return rows
