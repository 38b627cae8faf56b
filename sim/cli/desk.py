"""`steward desk`: run the cloud endpoint alone, and look after its database.

Exit codes: 0 stopped by a person, 1 could not start, 2 wrong usage. With --json standard output
carries one JSON object when the desk is ready and one when it has stopped. Secrets come from the
environment, where other users of the machine cannot read them.
"""

import json
import socket
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from sim.cli import desk_data, desk_keys
from sim.cli.options import DESK_KEY

app = typer.Typer(help="Run the cloud endpoint alone.")
desk_data.add_to(app)
app.add_typer(desk_keys.app, name="keys")

EMBEDDED = "embedded"
FAILED, USAGE = 1, 2
TLS_PORT = 8883

Share = Annotated[
    str | None, typer.Option(help="Group of several desks that share the messages.")
]
Products = Annotated[
    list[Path] | None,
    typer.Option(help="Product file, or folder of them, for units; default: those that ship."),
]
People = Annotated[bool, typer.Option("--people", help="Cases wait for a team over REST.")]


@app.callback(invoke_without_command=True)
def desk(
    context: typer.Context,
    database: desk_data.DatabaseOption = desk_data.HERE,
    broker: Annotated[
        str, typer.Option(help="host:port, `embedded`, or `embedded:PORT`, found again by things.")
    ] = EMBEDDED,
    ca: Annotated[
        Path | None, typer.Option(help="CA of the broker; default: the system's.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Client certificate for mTLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key.")] = None,
    username: Annotated[str | None, typer.Option(help="Broker user.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="STEWARD_DESK_PASSWORD", help="Broker password.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="MQTT session of this desk; keep it over restarts.")
    ] = "",
    share: Share = None,
    plain: Annotated[bool, typer.Option("--plain", help="No TLS; loopback brokers only.")] = False,
    host: Annotated[str, typer.Option(help="Address that REST listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8080,
    api_key: Annotated[
        str | None, typer.Option(envvar=DESK_KEY, help="Asked for by REST.")
    ] = None,
    suppliers: Annotated[Path | None, typer.Option(help="TOML file of sellers.")] = None,
    keys: Annotated[Path, typer.Option(help="Folder of the sellers' keys.")] = Path("desk-keys"),
    products: Products = None,
    people: People = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines.")] = False,
    log_requests: Annotated[bool, typer.Option("--log-requests", help="Log REST's, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Take requests in, route them to sellers and service, answer; until Ctrl+C."""
    if desk_data.hands_over(context):
        return
    from sim.desk import logs
    from sim.desk.products import BUILT_IN
    from sim.desk.serve import DeskServer, Settings

    logs.begin(log_json, log_requests, not broker.startswith(EMBEDDED))
    files = {"ca_path": ca, "certificate_path": certificate, "key_path": key}
    entry = {"username": username, "password": password, "share": share, "plain": plain}

    def settings() -> Settings:
        link = _link(broker, name=name or socket.gethostname(), **files, **entry)
        described = tuple(products or (BUILT_IN,))
        served = suppliers, keys, people, _own_port(broker), described
        return Settings(desk_data.url_of(database), link, host, port, api_key, *served)

    server = _started(lambda: DeskServer(settings()), database)
    try:
        server.run(lambda: _announce(server, as_json))
    except RuntimeError as error:
        _stop_with(error, FAILED)
    finally:
        server.stop()
    counts = {"received": server.consumer.received, "published": server.consumer.published}
    if as_json:
        print(json.dumps({"stopped": True, **counts}), flush=True)


def _started(make, database: str):
    """The server that `make` makes, started; ends the program when it cannot be."""
    from sqlalchemy.exc import DBAPIError

    try:
        return make().start()
    except (ValueError, FileNotFoundError) as error:
        _stop_with(error, USAGE)
    except (OSError, RuntimeError) as error:
        _stop_with(error, FAILED)
    except DBAPIError as error:
        named = "" if "://" in database else f" {database}"  # a URL may hold a password
        said = f"the database{named} cannot be used: {error.orig}"
        _stop_with(RuntimeError(said), FAILED)


def _link(broker: str, **more):
    """Where the broker is, or None for one of the desk's own."""
    from sim.desk.consumer import Link

    if broker == EMBEDDED or _own_port(broker):
        return None
    host, colon, port = broker.rpartition(":")
    if not colon:
        host, port = broker, str(TLS_PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"broker: {broker} is neither host:port nor `{EMBEDDED}`")
    return Link(host.strip("[]"), int(port), **more)


def _own_port(broker: str) -> int:
    """The port of `embedded:PORT`, 0 for anything else."""
    host, _, port = broker.partition(":")
    return int(port) if host == EMBEDDED and port.isdecimal() and int(port) < 65536 else 0


def _announce(server, as_json: bool) -> None:
    link, ca = server.link, server.link.ca_path
    host = "localhost" if server.broker else link.host  # the name that MicroPython can verify
    facts = {
        "page": f"{server.url}/desk/",
        "rest": server.url,
        "docs": f"{server.url}/docs",
        "broker": f"{host}:{link.port}",
        "ca": str(ca) if ca else None,
        "sellers": {
            name: supplier.public_key.hex() for name, supplier in server.desk.suppliers.items()
        },
    }
    if as_json:
        print(json.dumps({"ready": True, **facts}), flush=True)
        return
    console = Console(highlight=False)
    for word in ("page", "rest", "docs", "broker", "ca"):
        if facts[word]:
            console.print(f"{word:8}{facts[word]}", markup=False, soft_wrap=True)
    for name, public_key in facts["sellers"].items():
        console.print(f"seller  {name} {public_key}", markup=False, soft_wrap=True)


def _stop_with(error: Exception, code: int) -> NoReturn:
    console = Console(stderr=True)
    console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code) from error
