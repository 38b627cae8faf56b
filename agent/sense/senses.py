"""The sense room: takes the readings of a step, lets monitors watch them, reports findings.

All readings of one moment are judged first; then every monitor whose first channel was read at
that moment looks at its channels once.  A monitor never sees a channel that is not well.
"""

from agent import limits, loan
from agent.sense import monitors
from agent.sense.channels import GOOD, MISSING, QUALITIES, Signal
from agent.sense.findings import CONFIRMED, NONE, RAISED, Finding

FINDING, LEARNED = TAGS = 10, 11

# A sensor fault is confirmed after this many missed or bad readings' time.
_SICK_READINGS = 5
# A loose contact is well now and then: a sensor is believed again only after it was well so long.
_WELL_S = 6 * 3600
_NO_NUMBER = float("nan")
_WRONG = 2.01  # score of a reading that is no glitch; 2 of one that is missing
SENSOR_FAULT = "sensor_fault"


class Watch:
    """A monitor of the product file at work: its detector, its channels and its finding."""

    def __init__(self, spec, signals):
        self.name = spec["name"]
        self.mode = spec["mode"]
        self.severity = spec["severity"]
        self.service = spec.get("service")
        self.remedies = spec.get("tries", ())  # what the thing can try itself, maps
        self.asks = spec.get("asks", ())  # those of service, [name, stock number if it is a part]
        self.advice = spec.get("advice", "")
        self.signals = [signals[index] for index in spec["channels"]]
        self.detector = monitors.make(spec["kind"], spec.get("settings", {}))
        self.finding = Finding(spec.get("hold", 0), spec.get("clear", 0))
        self._values = [0.0] * len(self.signals)

    mended = None  # the remedy after which the finding went, until that is told
    _causes = ()  # watches whose finding explains what this one sees

    def look(self, at):
        """Update the detector with this moment; return True when the finding's state changed."""
        for cause in self._causes:
            if cause.finding.state != NONE:
                return self.finding.blind(at)
        values = self._values
        position = 0
        for signal in self.signals:
            if signal.sick:  # what was seen before it was well again proves nothing
                return self.finding.blind(at)
            if signal.quality != GOOD:
                return False
            values[position] = signal.value
            position += 1
        detector = self.detector
        alarm = detector.update(values, at)
        if not alarm and self.finding.state == NONE:
            return False
        return self.finding.advance(alarm, detector.score, at)

    def eta_s(self):
        """Return the predicted seconds to failure, or None where it cannot be known."""
        predict = getattr(self.detector, "eta_s", None)
        return predict() if predict else None

    def why(self, at):
        """Return what the verdict rests on: [(word, number), ...], and each channel's share."""
        rows = list(self.detector.why())
        blame = getattr(self.detector, "blame", None)
        if blame:
            rows += [(self.signals[i].channel.name, share) for i, share in blame()]
        return rows


class SensorWatch:
    """The health of one channel's sensor, watched without being asked for in the product file."""

    mode = SENSOR_FAULT
    severity = 2
    service: str | None = "repair"
    remedies = asks = ()
    mended = None
    finding = Finding(0, 0)  # stands for none; who needs one gets its own, and few ever do

    def __init__(self, signal):
        self.signals = (signal,)

    def begin(self):
        """Have a finding of its own."""
        if self.finding is SensorWatch.finding:
            patience_s = _SICK_READINGS * self.signals[0].channel.period_s
            self.finding = Finding(patience_s, max(patience_s, _WELL_S))

    # Spelt out when asked for: every channel has such a watch, few are ever spoken of.
    @property
    def name(self):
        return "sensor_" + self.signals[0].channel.name

    @property
    def advice(self):
        return "check the sensor of " + self.signals[0].channel.name

    def look(self, at):
        signal = self.signals[0]
        bad = signal.quality != GOOD
        if not bad and self.finding.state == NONE:
            return False
        self.begin()
        finding = self.finding
        if not bad and finding.state == RAISED and finding.peak < _WRONG and at > finding.seen:
            # It came in time, and none was wrong, only missing. That is no fault now and then: a
            # good one makes the suspicion a quarter of a period younger, so it takes a fifth.
            finding.since += signal.channel.period_s * 5 // 4
            return finding.since >= at and finding.blind(at)
        seen = finding.seen
        changed = finding.advance(bad, 2.0 if signal.quality == MISSING else _WRONG, at)
        if bad and not changed:
            # Nor does one that is missed in a score undo all the hours in which it was well.
            finding.seen = min(at, seen + signal.channel.period_s * 20)
        finding.paused = False  # a loose contact is well in between, and no better for it
        signal.sick = finding.state == CONFIRMED
        return changed

    def eta_s(self):
        return None

    def why(self, at):
        return loan.call("agent.sense.health", "why", self.signals[0], at)


class Senses:
    """Signals, watches and findings of a product.  Durable: confirmed findings, learned states."""

    def __init__(self, product, note):
        self._note = note
        self.signals = [Signal(channel) for channel in product.channels]
        self._sensors = [SensorWatch(signal) for signal in self.signals]
        self.watches = [Watch(spec, self.signals) for spec in product.monitors]
        for watch, spec in zip(self.watches, product.monitors):
            if "why" in spec:
                watch._causes = [self.watches[index] for index in spec["why"]]
        product.monitors = ()
        self.habits = ()  # of each channel what watches that it behaves as usual, or None
        self._waiting = []
        self._patient = -1  # until then no channel can be overdue
        self.dropped = 0
        self.changes = []  # watches whose finding changed in this step

    def feed(self, index, value, quality, at):
        """Keep a reading for the step; beyond the bound it is dropped and counted."""
        if len(self._waiting) >= limits.READINGS_WAITING:
            self.dropped += 1
            return
        self._waiting.append((index, value, quality, at))

    def step(self, at, hand_on):
        """Judge what is waiting; hand_on(index, value, at) gets every good reading of well sensors.
        """
        self.changes = []
        waiting = [reading for reading in self._waiting if reading[3] <= at]
        count = len(waiting)
        self.dropped += len(self._waiting) - count  # one from the future would deafen its channel
        self._waiting = []
        start = 0
        while start < count:
            moment = waiting[start][3]
            end = start
            while end < count and waiting[end][3] == moment:
                self._take(waiting[end], hand_on)
                end += 1
            for position in range(start, end):
                self._look_at(self.signals[waiting[position][0]], moment)
            start = end
        if at > self._patient:
            least = at
            for sensor in self._sensors:
                left = sensor.signals[0].patience(at)
                if left < 0:
                    self.look_with(sensor, at)
                least = min(least, left)
            self._patient = at + least

    def resume(self, seconds):
        """The age has made up for time without power: what was seen since is no older for it."""
        for signal in self.signals:
            if signal.at is not None:
                signal.at += seconds
        for watch in self._sensors + self.watches:
            finding = watch.finding
            if finding.state == RAISED:
                finding.since += seconds
                finding.seen += seconds

    def _take(self, reading, hand_on):
        index, value, quality, moment = reading
        signal = self.signals[index]
        quality = signal.take(value, quality, moment)
        if quality is None:
            return
        self.look_with(self._sensors[index], moment)
        if quality != GOOD or signal.sick:
            return
        habit = self.habits and self.habits[index]
        if habit:
            self.look_with(habit, moment)
            if habit.doubts():
                value = _NO_NUMBER  # the machine is watched through it, but nothing bought on it
        hand_on(index, value, moment)

    def _look_at(self, signal, at):
        """Let every monitor look whose first channel this is."""
        for watch in self.watches:
            if watch.signals[0] is signal:
                self.look_with(watch, at)

    def look_with(self, watch, at):
        """Let one watch look, and keep what came of it."""
        before = watch.finding.state
        if not watch.look(at):
            return
        if watch not in self.changes:
            watch.before = before
            self.changes.append(watch)
        after = watch.finding.state
        if CONFIRMED in (before, after):
            self._note([FINDING, watch.name, after, watch.finding.since])

    def also(self, watch):
        """Take in a watch that another room makes, and looks with."""
        self._sensors.append(watch)

    def find(self, name):
        """Return the watch of that name, sensors included, or None."""
        for watch in self.watches + self._sensors:
            if watch.name == name:
                return watch
        return None

    def open_watches(self):
        """Return the watches that hold something against the machine now."""
        return [w for w in self.watches + self._sensors if w.finding.state != NONE]

    def renew(self, case, at, insist):
        """Service was there: let the monitors of a case begin again where that is called for.

        One that counts a part's life begins again after every service; others keep what they hold
        to be normal, for it is they who must agree, unless service insists. A sensor through which
        a fault was seen may behave otherwise when that is mended.
        """
        for watch in self.watches:
            if case.holds(watch) and (insist or getattr(watch.detector, "COUNTS_LIFE", False)):
                monitors.relearn(watch.detector, at)
        for habit in self.habits:
            if habit and [watch for watch in self.watches + self._sensors
                          if case.holds(watch) and habit.signals[0] in watch.signals]:
                habit.relearn(at)

    def quality_word(self, index):
        return QUALITIES[self.signals[index].quality]

    def apply(self, record):
        watch = self.find(record[1])
        if watch is None:
            return  # the product file no longer has it
        if record[0] == FINDING:
            if watch in self._sensors:
                watch.begin()
            watch.finding.restore(record[2], record[3])
        elif record[0] == LEARNED:
            monitors.restore(watch.detector, record[2])

    def dump(self):
        for watch in self.open_watches():
            if watch.finding.state == CONFIRMED:
                yield [FINDING, watch.name, CONFIRMED, watch.finding.since]
        yield from self.learned()

    def learned(self):
        """Yield a record of everything each monitor has learned."""
        for watch in self.watches:
            yield [LEARNED, watch.name, bytes(watch.detector.state)]
        for habit in self.habits:
            if habit:
                yield [LEARNED, habit.name, bytes(habit.state)]
