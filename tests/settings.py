"""The product's settings for tests: a state folder that is thrown away, cheap passwords, no manifest of static files.

A developer's own environment changes nothing here; only ``DATABASE_URL`` is taken over, so that the same tests run
on PostgreSQL.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from motcua.config.env import VARIABLES


def _state() -> Path:
    """Return a fresh folder; the workers of a parallel run make theirs inside the first process's."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        folder = Path(os.environ["MOTCUA_TESTS_STATE"]) / worker
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    os.environ["MOTCUA_TESTS_STATE"] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


_NOBODY_LISTENS = "9"
for _name in VARIABLES:
    for _variable in (_name, f"{_name}_FILE"):
        if _variable != "DATABASE_URL":
            os.environ.pop(_variable, None)
os.environ["MOTCUA_STATE"] = str(_state())
os.environ["MOTCUA_SECRET_KEY"] = "a-key-for-tests-that-opens-nothing-anywhere-else"
os.environ["MOTCUA_SEALING_KEYS"] = "0123abcd a-sealing-key-for-tests-that-opens-nothing-elsewhere"
os.environ["NPDSANDBOX_PORT"] = _NOBODY_LISTENS
# A page that shows the light starts no thread of its own accord; tests about that switch it on.
os.environ["NPD_WATCH_SECONDS"] = "0"
# No test waits; those about the padding of answers choose their own.
os.environ["REJECTED_STEP_SECONDS"] = "0"

from motcua.config.settings import *  # noqa: E402, F403
from motcua.config.settings import DATABASES, STATE, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# No files are collected for tests, and WhiteNoise would warn of the missing folder.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # A file, as in production: threads of one test then really meet in one database.
    DATABASES["default"]["TEST"] = {"NAME": str(STATE / "tests.sqlite3")}
