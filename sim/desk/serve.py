"""A whole desk in one process: database, broker connection and HTTP, started and stopped together.

With no broker named it brings its own, embedded and on loopback, for trying things out.
"""

import contextlib
import dataclasses
import ipaddress
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from sim.desk import catalogue, products
from sim.desk.broker import LoopbackBroker, free_port
from sim.desk.consumer import Consumer, Link
from sim.desk.core import Desk
from sim.desk.page.mount import mount
from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment, SimpleDepartment

STARTUP_S = 15.0
SHUTDOWN_S = 5
KEY_CHARACTERS = 20  # of the desk's own key where others can reach it


class _AnnouncedServer(uvicorn.Server):
    """Says when it listens: before that a client is turned away."""

    ready: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything a desk process is told. `link` None: bring a broker of one's own."""

    database_url: str = "sqlite:///desk.db"
    link: Link | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    api_key: str | None = dataclasses.field(default=None, repr=False)
    suppliers_path: Path | None = None
    keys: Path = Path("desk-keys")
    people: bool = False
    broker_port: int = 0  # of a broker of one's own that things find again; 0: any, anew each time
    products: tuple[Path, ...] = (products.BUILT_IN,)  # files and folders, sim/desk/products.py


class DeskServer:
    """A running desk; a context manager. ValueError for settings that would be unsafe."""

    def __init__(self, settings: Settings):
        if not is_loopback(settings.host) and not settings.api_key:
            raise ValueError(f"host {settings.host}: beyond loopback an API key is needed")
        if not is_loopback(settings.host) and len(settings.api_key or "") < KEY_CHARACTERS:
            raise ValueError(f"the API key: beyond loopback {KEY_CHARACTERS} characters or more")
        link = settings.link
        if link is not None and link.plain and not is_loopback(link.host):
            raise ValueError(f"broker {link.host}: without TLS only on loopback")
        self.settings = settings
        self.port = settings.port or free_port()
        self.broker: LoopbackBroker | None = None
        self._stack = contextlib.ExitStack()

    def start(self) -> "DeskServer":
        """Start all parts; RuntimeError when the broker cannot be reached in time."""
        with contextlib.ExitStack() as starting:
            self.desk = self._make_desk()
            starting.callback(self.desk.close)
            self.link = self.settings.link or starting.enter_context(self._own_broker())
            self.desk.broker = f"{self.link.host}:{self.link.port}"
            self.consumer = Consumer(self.desk, self.link).start()
            starting.callback(self.consumer.stop)
            app = application(
                self.desk, self.settings.api_key, lambda: self.consumer.ready, self.counts
            )
            mount(app)
            config = uvicorn.Config(
                app,
                host=self.settings.host,
                port=self.port,
                log_level="warning",
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
            self.http = _AnnouncedServer(config)
            if self.broker and not self.consumer.wait_until_ready(STARTUP_S):
                raise RuntimeError("the embedded broker did not come up")
            self._stack = starting.pop_all()
        return self

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve HTTP in this (the main) thread until SIGINT or SIGTERM.

        `ready` is called when it listens; RuntimeError when it cannot.
        """
        self.http.ready = ready
        # uvicorn ends in good order, then raises the signal once more for its caller.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                self.http.run()
        except SystemExit as error:  # how uvicorn says it, after its own log line
            raise RuntimeError(f"{self.url} cannot be listened on") from error

    def run_in_background(self) -> threading.Thread:
        """Serve HTTP in a thread of its own; `stop` ends it. Returns when it listens."""
        listening = threading.Event()
        self.http.ready = listening.set
        thread = threading.Thread(target=self.http.run, name="desk-http", daemon=True)
        thread.start()
        self._stack.callback(thread.join, SHUTDOWN_S)
        if not listening.wait(STARTUP_S):
            raise RuntimeError(f"nothing listens on {self.url}")
        return thread

    def stop(self) -> None:
        """Stop all parts, last started first."""
        if hasattr(self, "http"):
            self.http.should_exit = True
        self._stack.close()

    def __enter__(self) -> "DeskServer":
        return self.start()

    def __exit__(self, *exception) -> None:
        self.stop()

    def counts(self) -> dict[str, int]:
        """What this process took in and gave out, and whether the broker is there."""
        consumer = self.consumer
        return {"ready": int(consumer.ready), "received": consumer.received,
                "published": consumer.published, "failed": consumer.failed}  # fmt: skip

    @property
    def url(self) -> str:
        """Where REST is."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"http://{host}:{self.port}"

    def _make_desk(self) -> Desk:
        settings = self.settings
        sellers = (
            catalogue.load(settings.suppliers_path, settings.keys)
            if settings.suppliers_path
            else []
        )
        department = PeopleDepartment() if settings.people else SimpleDepartment()
        return Desk(
            settings.database_url,
            suppliers=sellers,
            department=department,
            products=products.read(settings.products),
        )

    @contextlib.contextmanager
    def _own_broker(self):
        port = self.settings.broker_port
        with LoopbackBroker(self.settings.keys / "broker" if port else None, port) as self.broker:
            yield Link(self.broker.host, self.broker.port, ca_path=self.broker.ca_path)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine, by its text alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
