"""How long it takes to seal a million events, and to verify them, on PostgreSQL.

``python -m bench.sealing measure COUNT`` does it in the database of ``DATABASE_URL``, which has the product's tables.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bench.stack import ROOT, run
from tests.postgres import private_cluster

_EVENTS: Final = 1_000_000
_BEGAN: Final = datetime(2026, 1, 5, 1, 0, 0, tzinfo=UTC)
_COLUMNS: Final = "at, name, office_code, subject, details, mac"


def sealed(events: int = _EVENTS) -> dict[str, Any]:
    """Measure on a PostgreSQL of its own that loses nothing."""
    with private_cluster(durable=True) as url:
        return measure(url, events)


def measure(url: str, events: int = _EVENTS) -> dict[str, Any]:
    """Write so many events into an empty database, seal them and verify them.

    Args:
        url: of the database.
        events: how many.

    Returns:
        ``seal_million_seconds``, ``verify_million_seconds``, both as if it had been a million; and with how many it was
        done, and whether the log was found whole.
    """
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as state:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("MOTCUA_", "NPD"))},
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
            "MOTCUA_STATE": state,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
        run(["-m", "django", "migrate", "--verbosity", "0"], environment)
        found: dict[str, Any] = json.loads(run(["-m", "bench.sealing", "measure", str(events)], environment))
        return found


def _measured(events: int) -> dict[str, Any]:
    import django

    django.setup()
    from motcua.audit.service import seal, verify

    write(events, began=_BEGAN, every=timedelta(milliseconds=20))
    now = _BEGAN + timedelta(days=1)
    began = time.perf_counter()
    done = seal(now=now)
    sealing = time.perf_counter() - began
    began = time.perf_counter()
    report = verify(now=now)
    verifying = time.perf_counter() - began
    return {
        "seal_million_seconds": round(sealing * 1_000_000 / events, 1),
        "verify_million_seconds": round(verifying * 1_000_000 / events, 1),
        "sealed_events": done.events,
        "sealed_batches": done.batches,
        "is_whole": report.is_whole and report.events == events,
    }


def write(events: int, *, began: datetime, every: timedelta) -> None:
    """Write events as ``record`` does, but with COPY: each with details of its own and a mac.

    Args:
        events: how many.
        began: when the first happened.
        every: from one to the next.
    """
    from django.db import connection

    from motcua.audit import chain
    from motcua.audit.recording import mac

    name, office = "dossier.received_by_hand", "000.00.01.H23"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY audit_auditevent ({_COLUMNS}) FROM STDIN") as copy,  # type: ignore[attr-defined]
    ):
        for number in range(events):
            at = began + every * number
            subject, details = f"H23.01-260105-{number:07}", {"procedure": "1.004194", "reason": f"{number}"}
            content = chain.content(at, name, None, office, subject, details)
            copy.write_row((at, name, office, subject, json.dumps(details), mac(content)))


if __name__ == "__main__":
    print(json.dumps(_measured(int(sys.argv[2]))))
