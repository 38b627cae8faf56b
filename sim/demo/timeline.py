"""What happens in a live run, line by line in the terminal, and at the end whether it came true."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.world.report import COLOURS, when

KINDS_SHOWN = ("order", "case", "finding", "fault", "repair", "people", "notice", "network",
               "power", "trouble")  # fmt: skip


class Timeline:
    """Prints what is new in a Live's timeline; `quiet` prints nothing at all."""

    def __init__(self, live, quiet: bool = False):
        self.live = live
        self._console = Console(quiet=quiet, highlight=False)
        self._shown = 0

    def opening(self) -> None:
        live = self.live
        self._console.print(Text(live.title, style="bold"))
        self._console.print(
            f"A thing with {len(live.display.channels)} channels and "
            f"{len(live.display.consumables)} consumables, its broker, its desk, two sellers and "
            "a service department.\n",
            style="dim", soft_wrap=True,
        )

    def say(self, text: str) -> None:
        self._console.print(text, style="bold")

    def show(self) -> None:
        """Print what has happened since the last call."""
        timeline = self.live.timeline
        for happening in timeline[self._shown :]:
            if happening.kind in KINDS_SHOWN:
                self._console.print(self._line(happening), soft_wrap=True)
        self._shown = len(timeline)

    def closing(self) -> None:
        """Print what had to be seen, and whether it was."""
        table = Table(title="The story", title_justify="left", show_header=False, box=None)
        for step in self.live.story.steps:
            seen = step.at is not None
            mark = Text("yes", "green") if seen else Text("no", "bold red")
            table.add_row(mark, step.words, when(step.at) if seen else "")
        self._console.print(table)

    def verdict(self) -> dict:
        """What `--json` prints."""
        story = self.live.story
        return {
            "scenario": self.live.scenario.name,
            "verdict": "pass" if story.complete else "fail",
            "virtual_s": self.live.now,
            "story": [{"step": step.words, "at_s": step.at} for step in story.steps],
            "orders": self.live.display.orders,
            "cases": self.live.display.cases,
        }

    @staticmethod
    def _line(happening) -> Text:
        line = Text(f"{when(happening.at)}  ")
        line.append(f"{happening.kind:<8}", COLOURS.get(happening.kind, "white"))
        line.append(f" {happening.text}")
        return line
