"""The `steward` command: one file for each group of subcommands, loaded when it is asked for."""

import importlib
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# Group or command, the module under sim.cli that has its `app`, and a line of help.
COMMANDS = {
    "demo": ("demo", "Show the main job: a coffee machine that runs low, orders, and gets served."),
    "sim": ("sim", "Run scenarios in virtual time; replay recorded data."),
    "desk": ("desk", "Run the cloud endpoint alone."),
    "owner": ("owner", "The owner's key, and the mandates that say what things may buy."),
    "market": ("market", "Sellers: what they cost, claim and keep."),
    "verify": ("verify", "Check signed documents without trusting whoever passed them on."),
    "product": ("product", "Check and compile product and board files."),
    "fit": ("fit", "Fit monitors to recorded runs and write them into a product file."),
    "flash": ("flash", "Put a built image onto a board."),
    "console": ("console", "Talk to a thing on its console."),
    "provision": ("provision", "Make a bare board a thing, and make it known to its desk."),
    "build": ("build", "Build what an ESP32 carries: files, a ROMFS image, a manifest."),
    "update": ("update", "The maker's releases: sign, publish, follow."),
    "notice": ("notice", "Tell things something: a recall, the weather, what is on offer."),
    "way": ("way", "Tell things where the desk is found, before its broker moves."),
    "bench": ("bench", "Measure detection, forecasts and cost on public data."),
}
COMPLETION = ("install_completion", "show_completion")


class Lazy(TyperGroup):
    """Loads a subcommand's module only when it is called, so that `steward --help` is quick."""

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, cmd_name):
        if cmd_name not in COMMANDS:
            return None
        module, help_line = COMMANDS[cmd_name]
        app = importlib.import_module("sim.cli." + module).app
        command = typer.main.get_command(app)
        command.name = cmd_name
        command.help = command.help or help_line
        tidied(command)
        return command


def tidied(command: Any) -> None:
    """Take out of a command's help, and of all below it, what says nothing.

    Typer adds the installation of completion to every app that it turns into a command, and tells
    of a switch that it is a `<bool>`.
    """
    command.params = [option for option in command.params if option.name not in COMPLETION]
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    for option in command.params:
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for below in getattr(command, "commands", {}).values():
        tidied(below)


app = typer.Typer(
    cls=Lazy,
    name="steward",
    help="An edge agent that makes a connected product a customer in its own right.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"steward {metadata.version('steward')}")
        raise typer.Exit


@app.callback()
def _steward(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say which one this is."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 the answer is no, 2 wrong usage.

    A file that cannot be written, or a disk that is full, is the world's fault and no bug of ours.
    """
    try:
        app()
    except OSError as error:
        said = error.strerror or str(error)
        typer.secho(f"{error.filename}: {said}" if error.filename else said, fg="red", err=True)
        raise SystemExit(1) from error
