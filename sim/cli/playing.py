"""What the commands that play scenarios share: exit codes, a progress bar, how a mistake is told.

0 passed, 1 failed, 2 wrong usage, 130 interrupted.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

PASSED, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def usage_errors() -> Iterator[None]:
    """What the person got wrong goes to standard error, with exit code 2."""
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        Console(stderr=True, soft_wrap=True).print(
            str(error), style="red", markup=False, highlight=False
        )
        raise typer.Exit(USAGE) from error


def progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
