"""The command `npdsandbox`: serve, seed, certificates, manage."""

import argparse
import datetime as dt
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npdsandbox.records import Record


def main(arguments: list[str] | None = None) -> None:
    """Run one subcommand; see `npdsandbox --help`."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="npdsandbox", description="A synthetic register to practise against. It is not the NPD."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="migrate, load the cast when it is missing, and answer calls")
    serve.add_argument("--port", help="instead of NPDSANDBOX_PORT (8001)")
    serve.add_argument(
        "--people", type=_people, default=0, help="make so many generated people when there are none (0)"
    )
    seed = commands.add_parser("seed", help="replace the generated people")
    seed.add_argument("--people", type=_people, required=True, help="how many, up to 3000000")
    seed.add_argument("--seed", type=int, default=1, help="the same seed gives the same people (1)")
    certificates = commands.add_parser(
        "certificates", help="make a set of certificates to practise mTLS with"
    )
    certificates.add_argument("folder", type=Path, help="where the files go")
    certificates.add_argument("--days", type=_days, default=365, help="how long they are valid (365)")
    certificates.add_argument(
        "--client-days", type=_days, default=30, help="how long client.pem is valid (30); 0: it has ended"
    )
    commands.add_parser("manage", help="Django's own commands, e.g. npdsandbox manage dbshell")
    if given[:1] == ["manage"]:
        _set_up()
        from django.core.management import execute_from_command_line

        execute_from_command_line(["npdsandbox manage", *given[1:]])
        return
    options = parser.parse_args(given)
    if options.command == "serve":
        if options.port:
            os.environ["NPDSANDBOX_PORT"] = options.port
        _serve(people=options.people)
    elif options.command == "certificates":
        _make_certificates(options.folder, days=options.days, client_days=options.client_days)
    else:
        _seed(people=options.people, seed=options.seed)


def _people(text: str) -> int:
    from npdsandbox.people import MOST_PEOPLE

    if not text.isdecimal() or int(text) > MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"a whole number up to {MOST_PEOPLE}")
    return int(text)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise argparse.ArgumentTypeError("a whole number of days up to 9999")
    return int(text)


def _make_certificates(folder: Path, *, days: int, client_days: int) -> None:
    from npdsandbox.certificates import make_certificates

    if not days:
        raise SystemExit("--days: at least 1")
    try:
        made = make_certificates(folder, days=days, client_days=client_days, now=dt.datetime.now(dt.UTC))
    except FileExistsError as error:
        raise SystemExit(
            f"{error.filename or error} is there already: name another folder, or remove the old set"
        ) from None
    except OSError as error:
        raise SystemExit(f"cannot write into {folder}: {error.strerror}") from None
    print("Practice certificates, never to be trusted elsewhere:")
    for path in made:
        print(f"  {path}")
    print("Start the sandbox with them:")
    for name, file in (
        ("CERT", "server.pem"), ("KEY", "server-key.pem"), ("CLIENT_CA", "ca.pem"), ("CRL", "crl.pem")
    ):  # fmt: skip
        print(f"  NPDSANDBOX_TLS_{name}={folder.resolve() / file}")


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "npdsandbox.settings"
    import django

    from npdsandbox import settings

    try:
        settings.STATE.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"NPDSANDBOX_STATE: no folder {settings.STATE} ({error.strerror})") from None
    django.setup()


def _prepare_database(*, people: int = 0) -> None:
    from django.core.management import call_command
    from django.db import OperationalError

    from npdsandbox import settings
    from npdsandbox.loading import generate_when_none, load_cast_when_empty

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        variable = "NPDSANDBOX_STATE" if is_sqlite else "NPDSANDBOX_DATABASE_URL"
        raise SystemExit(f"{variable}: the database cannot be used ({error})") from None
    load_cast_when_empty()
    if people:
        generate_when_none(people)


def _serve(*, people: int) -> None:
    _set_up()
    from django.db import connection

    from npdsandbox import settings
    from npdsandbox.server import Server, tls_context

    tls = tls_context() if settings.TLS_CERT else None
    _refuse_busy_port(settings.HOST, settings.PORT)
    _prepare_database(people=people)
    # The worker process opens its own connections.
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    # The server must not read our arguments as its own.
    sys.argv = ["npdsandbox"]
    Server(host=settings.HOST, port=settings.PORT, tls=tls).run()


def _refuse_busy_port(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        raise SystemExit(
            f"cannot listen on {host} port {port} ({error.strerror}): "
            "stop what runs there, or set NPDSANDBOX_PORT or NPDSANDBOX_HOST"
        ) from None


def _with_progress(records: Iterable["Record"]) -> Iterator["Record"]:
    for count, record in enumerate(records, 1):
        if count % 100_000 == 0:
            print(f"{count} people", file=sys.stderr, flush=True)
        yield record


def _seed(*, people: int, seed: int) -> None:
    _set_up()
    from npdsandbox.loading import replace_generated
    from npdsandbox.people import generate

    _prepare_database()
    started = time.monotonic()
    count = replace_generated(_with_progress(generate(people, seed=seed)))
    print(f"{count} synthetic people in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
