"""The command ``motcua``: Django's commands and four of our own that run before or beside Django."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command: Django's (``motcua help``), or our own ``demo``, ``serve``, ``work`` and ``configuration``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "demo":
        from motcua.config.demo import run_demo

        sys.exit(run_demo())
    if command == "serve":
        from motcua.config.serve import serve

        serve()
    if command == "work":
        from motcua.config.work import work_apart

        sys.exit(work_apart())
    if command == "configuration":
        from motcua.config.pages import write_pages

        sys.exit(write_pages(only_check="--check" in sys.argv))
    execute_from_command_line(["motcua", *sys.argv[1:]])
