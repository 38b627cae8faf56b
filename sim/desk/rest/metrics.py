"""The desk's figures for a monitoring system, in Prometheus' text format.

What is in the database is counted when it is asked for, so several desks on one database tell the
same; what a process did itself is its own.
"""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from sim.desk import figures, schema
from sim.desk.core import Desk

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

QUEUES = {
    "outbox_messages": "Messages to things that are not acknowledged yet",
    "outbox_late_s": "Seconds for which the first of them has been due",
    "tasks": "What the desk has put off: answers of sellers, visits, silences to notice",
    "tasks_late_s": "Seconds for which the first of them has been due",
    "inbox_messages": "Messages of things that are remembered, so as not to be applied twice",
}


class Metrics:
    """The figures of one desk's process; `link` tells frames received and published, and whether
    the broker is there."""

    def __init__(self, desk: Desk, link: Callable[[], dict[str, int]] = dict):
        self._desk, self._link = desk, link
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "steward_desk_http_requests", "Requests to REST, by endpoint and status",
            ("endpoint", "status"), registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "steward_desk_http_seconds", "How long requests to REST took", ("endpoint",),
            registry=self._registry,
        )  # fmt: skip

    def served(self, endpoint: str, status: int, began: float) -> None:
        """Count a request; `began` is of time.monotonic."""
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(time.monotonic() - began)

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """What a registry asks a collector for when it is registered: nothing is counted yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """What the database and the link tell now."""
        with self._desk.database.reading() as session:
            whole = figures.summary(session)
            states = figures.by_state(session)
            queues = figures.queues(session, self._desk.now)
        yield _gauge("things", "Things that were admitted", whole.things)
        yield _gauge("things_online", "Things whose link is up", whole.online)
        yield _gauge("findings_open", "Confirmed findings", whole.findings)
        yield _gauge("approvals_waiting", "Orders that wait for their owner", whole.approvals)
        for kind, counts in states.items():
            family = GaugeMetricFamily(f"steward_desk_{kind}_open", f"Open {kind}, by their state",
                                       labels=["state"])  # fmt: skip
            for state, count in counts.items():
                family.add_metric([state], count)
            yield family
        refused = queues.pop("refused_frames")
        for name, count in queues.items():
            yield _gauge(name, QUEUES[name], count)
        yield CounterMetricFamily("steward_desk_refused_frames", "Frames that were turned away",
                                  value=refused)  # fmt: skip
        yield _gauge("schema", "Version of the database's tables", int(schema.head()))
        link = self._link()
        if link:
            yield _gauge("broker_connected", "Whether messages come in", link["ready"])
            for word in ("received", "published"):
                says = f"Frames {word} by this process"
                yield CounterMetricFamily(f"steward_desk_frames_{word}", says, value=link[word])
            says = "Times that this process failed at a message or at what was due: see its log"
            yield CounterMetricFamily("steward_desk_failures", says, value=link["failed"])


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"steward_desk_{name}", says, value=value)
