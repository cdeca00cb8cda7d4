"""The command ``motcua``: Django's commands and those of our own that run before or beside Django."""

import argparse
import os
import sys
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

from motcua.config import backup, demo, doctor, keys, province, rehearsal, retention

_OWN: Final = {
    "backup": "Save the database and the papers into a folder of their own.",
    "demo": "Run the product and the sandbox register with demo data, until Ctrl-C.",
    "doctor": "Say of every part whether it works, is off, or what is wrong with it.",
    "load_province": "Fill a demo with a living office: some hundred dossiers of synthetic people.",
    "serve": "Check the settings, bring the database up to date and serve, until SIGTERM or Ctrl-C.",
    "work": "Do the work that waits, until SIGTERM or Ctrl-C; needed beside serve where MOTCUA_WORK=apart.",
    "keys": "List, add, use and drop the keys that seal personal data.",
    "rehearse_restore": "Restore a back-up into a database of its own, and say whether it is whole.",
    "retention": "Delete what is kept no longer, or only count it.",
    "configuration": "Write the pages that are made from code.",
    "translations": "Bring the English texts up to date with the code and compile them.",
}
_DECLARED: Final = {
    "backup": backup,
    "demo": demo,
    "doctor": doctor,
    "keys": keys,
    "load_province": province,
    "rehearse_restore": rehearsal,
    "retention": retention,
}


def main() -> None:
    """Run one command: Django's (``motcua help``), or one of our own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.config.settings")
    from motcua.config import production  # its check then runs before Django's commands, too

    command, *given = sys.argv[1:] or ["help"]
    if command == "help" and given and given[0] in _OWN:
        command, given = given[0], ["--help"]
    try:
        if command in _OWN:
            _run_own(command, given)
        if command in ("help", "--help", "-h") and not given:
            print(
                "Before or beside Django:", *(f"  {name:<18}{text}" for name, text in _OWN.items()), sep="\n"
            )
        execute_from_command_line(["motcua", *sys.argv[1:]])
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in given:
            raise
        from motcua.web.connections import away

        sys.exit(f"{away(error)} Start it, mend the variable, or run motcua migrate.")
    except ImproperlyConfigured as refusal:
        sys.exit(production.why_no_key() or str(refusal))


def _run_own(command: str, given: list[str]) -> None:
    """Run one of our own commands and end; whatever it does not know is refused before anything starts."""
    parser = argparse.ArgumentParser(prog=f"motcua {command}", description=_OWN[command])
    if command in {"configuration", "translations"}:
        parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file is not fresh")
    if command in _DECLARED:
        _DECLARED[command].declare(parser)
    options = parser.parse_args(given)
    match command:
        case "demo":
            sys.exit(demo.run_demo(dossiers=options.dossiers))
        case "serve":
            from motcua.config.serve import serve

            serve()
        case "work":
            from motcua.config.work import work_apart

            sys.exit(work_apart())
        case "doctor":
            sys.exit(doctor.run(options))
        case "backup" | "keys" | "load_province" | "rehearse_restore" | "retention":
            import django

            django.setup()
            sys.exit(_DECLARED[command].run(options))
        case "translations":
            from motcua.config.translations import write_catalogue

            sys.exit(write_catalogue(only_check=options.check))
        case _:
            from motcua.config.pages import write_pages

            sys.exit(write_pages(only_check=options.check))
