"""`steward demo`: the main job on the real parts, on a page and in the terminal."""

import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="Show the main job: a coffee machine that runs low, orders, gets served.")

EXTRA_S = 5  # shown after the story is complete, in real seconds


@app.command()
def demo(
    runtime: Annotated[
        Literal["micropython", "cpython"], typer.Option(help="What the thing runs on.")
    ] = "micropython",
    scenario: Annotated[str, typer.Option(help="A scenario by name or file.")] = "demo",
    speed: Annotated[float, typer.Option(min=1, help="Virtual seconds a second.")] = 3600,
    port: Annotated[int, typer.Option(help="Of the page on 127.0.0.1.")] = 8765,
    headless: Annotated[
        bool, typer.Option(help="No page; ends by itself, exit code 0 if the story came true.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another run of chance.")] = None,
) -> None:
    """Show the main job: a coffee machine that runs low, orders, and gets served."""
    from sim import scenario as scenarios
    from sim.live import Live
    from sim.timeline import Timeline

    story = scenarios.load(scenario)
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
        finally:
            live.stop()
    if as_json:
        typer.echo(json.dumps(timeline.verdict()))
    else:
        timeline.closing()
    raise typer.Exit(0 if live.story.complete or not headless else 1)


def _watch(live, timeline) -> None:
    """Until the story is complete or the scenario is over."""
    while not live.story.complete and not live.over:
        time.sleep(0.2)
        timeline.show()
    time.sleep(1)
    timeline.show()


def _serve(live, timeline, port: int) -> None:
    from sim.page import serve

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
