"""The product with one address more: ``/held`` works until a file is there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from motcua.config.wsgi import application as product

SERVE = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "motcua.config.settings"
from motcua.config import serve
serve.prepare()
command = serve.gunicorn_command()
command[command.index("motcua.config.wsgi:application")] = "{__name__}:application"
os.execv(command[0], command)
"""


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the product does."""
    if environ["PATH_INFO"] == "/held":
        while not Path(os.environ["HELD_UNTIL"]).exists():
            time.sleep(0.01)
        environ["PATH_INFO"] = "/thu-tuc/"
    return product(environ, start_response)
