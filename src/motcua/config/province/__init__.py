"""``motcua load_province``: a living office for the demo, made by the product's own services.

Some hundred dossiers of synthetic people live their lives over the last eight weeks of office hours, in order of time,
up to now: received at the desk, filed online, handed over, decided, collected, rated; some late, some waiting for
somebody. Nothing is inserted behind the services' backs, and the register was really asked about everybody who is
verified.

``stories`` tells the lives, ``life`` is what one can do in them, ``office`` knows hours and hands, ``neighbors`` the
people, ``loading`` plays it all.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final

USUAL: Final = 220
"""Dossiers of the demo when nobody says otherwise."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare how large the office is."""
    parser.add_argument(
        "--dossiers",
        type=count,
        default=USUAL,
        help=f"about how many dossiers ({USUAL}); the told stories are there in any case",
    )


def run(options: argparse.Namespace) -> int:
    """Load the province into a database that has the cast and the catalogue; return the exit code."""
    from django.db import DatabaseError
    from django.utils import timezone

    from motcua.config.province.loading import CannotLoad, load_from_sandbox
    from motcua.web.connections import away

    began = time.monotonic()
    try:
        made = load_from_sandbox(now=timezone.now(), dossiers=options.dossiers)
    except CannotLoad as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except DatabaseError as error:
        sys.stderr.write(
            f"{away(error)} Start it, run `motcua migrate`, or mend the variable. "
            "If the loading had begun, start it again.\n"
        )
        return 1
    sys.stdout.write(f"load_province: {made} in {time.monotonic() - began:.1f} s\n")
    return 0


def count(text: str) -> int:
    """Read a number of dossiers."""
    number = int(text)
    if not 0 <= number <= 2000:
        raise argparse.ArgumentTypeError("a whole number from 0 to 2000")
    return number
