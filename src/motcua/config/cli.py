"""The command ``motcua``: Django's commands and ours under one name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command of the product; ``motcua help`` lists them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.config.settings")
    execute_from_command_line(["motcua", *sys.argv[1:]])
