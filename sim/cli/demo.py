"""`steward demo`: the main job on the real parts, on a page and in the terminal.

Exit codes: 0 the story came true (or a person who watched the page left), 1 it did not or something
failed, 2 wrong usage or a port that is taken, 130 interrupted before its end without a page. With
--json standard output carries one JSON object and nothing else.
"""

import json
import logging
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

app = typer.Typer(help="Show the main job: a coffee machine that runs low, orders, gets served.")

FAILED, USAGE, INTERRUPTED = 1, 2, 130
HOST = "127.0.0.1"


@app.command()
def demo(
    runtime: Annotated[
        Literal["micropython", "cpython"], typer.Option(help="What the thing runs on.")
    ] = "micropython",
    scenario: Annotated[str, typer.Option(help="A scenario by name or file.")] = "demo",
    speed: Annotated[float, typer.Option(min=1, help="Virtual seconds a second.")] = 3600,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page on 127.0.0.1; 0: any free one.")
    ] = 8765,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="No page; ends by itself, 0 only if the story came true."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another run of chance.")] = None,
) -> None:
    """Show the main job: a coffee machine that runs low, orders, and gets served."""
    from sim.demo.live import Live
    from sim.demo.timeline import Timeline
    from sim.world import scenario as scenarios

    try:
        story = scenarios.load(scenario)
        if not headless:
            port = _free(port)
    except (ValueError, OSError) as error:
        _stop_with(error, USAGE)
    signal.signal(signal.SIGTERM, _interrupt)
    logging.getLogger("sim.desk").setLevel(logging.ERROR)  # the timeline says what the network does
    code = 0
    with tempfile.TemporaryDirectory(prefix="steward-demo-") as directory:
        live = Live(story, Path(directory), runtime, speed, seed)
        timeline = Timeline(live, quiet=as_json)
        timeline.opening()
        try:
            live.start()
            if headless:
                _watch(live, timeline)
            else:
                _serve(live, timeline, port)
        except KeyboardInterrupt:
            timeline.say("stopped")
            code = INTERRUPTED if headless else 0
        except OSError as error:
            live.failure = error
        finally:
            live.stop()
        timeline.show()
    if as_json:
        typer.echo(json.dumps(timeline.verdict()))
    else:
        timeline.closing()
    if live.failure is not None:
        _stop_with(live.failure, FAILED)
    raise typer.Exit(code or (FAILED if headless and not live.story.complete else 0))


def _free(port: int) -> int:
    """The port, or a free one for 0; OSError says what to do when something listens on it."""
    with socket.socket() as probe:
        # As a server binds: what merely waits after an earlier connection is in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            words = f"port {port} of {HOST} is not to be had ({error.strerror}); is a demo running?"
            raise OSError(f"{words} Take another one with --port, or 0 for any.") from error
        return probe.getsockname()[1]


def _interrupt(number, frame) -> NoReturn:
    raise KeyboardInterrupt


def _watch(live, timeline) -> None:
    """Until the story is complete or the scenario is over."""
    while not live.story.complete and not live.over and live.failure is None:
        time.sleep(0.2)
        timeline.show()
    time.sleep(1)
    timeline.show()


def _serve(live, timeline, port: int) -> None:
    from sim.demo.page import serve

    stopping = threading.Event()

    def keep_showing() -> None:
        while not stopping.wait(0.2):
            timeline.show()

    thread = threading.Thread(target=keep_showing, daemon=True)
    thread.start()
    try:
        serve(live, port, lambda url: timeline.say(f"the page: {url}   (Ctrl-C ends everything)"))
    finally:
        stopping.set()
        thread.join()


def _stop_with(error: BaseException, code: int) -> NoReturn:
    words = str(error) if isinstance(error, (ValueError, OSError)) else repr(error)
    typer.secho(words, fg="red", err=True)
    raise typer.Exit(code) from error
