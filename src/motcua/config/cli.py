"""The command ``motcua``: Django's commands and those of our own that run before or beside Django."""

import argparse
import os
import sys
from importlib import import_module
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

# Each in the module of its name: ``declare`` tells a parser its options, if it has any, and ``run`` takes them.
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
_OF_ANOTHER_NAME: Final = {
    "configuration": "pages",
    "load_province": "province",
    "rehearse_restore": "rehearsal",
}


def main() -> None:
    """Run one command: Django's (``motcua help``), or one of our own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.config.settings")
    from motcua.config import database, production  # noqa: F401 # their checks then run before Django's commands, too

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
    module = import_module(f"motcua.config.{_OF_ANOTHER_NAME.get(command, command)}")
    parser = argparse.ArgumentParser(prog=f"motcua {command}", description=_OWN[command])
    if hasattr(module, "declare"):
        module.declare(parser)
    options = parser.parse_args(given)
    # The demo sets variables first, and the doctor says in words of its own what hinders.
    if command not in ("demo", "doctor"):
        import django

        django.setup()
    sys.exit(module.run(options))
