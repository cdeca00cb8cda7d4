"""What changes once people come by HTTPS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = (
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_DOMAIN",
    "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY",
    "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
)  # fmt: skip
SEEN = f"""
import json
from django.conf import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}))
"""


@pytest.fixture
def https(tmp_path: Path) -> dict[str, object]:
    """Return the settings of a product that people reach by HTTPS, from a fresh process."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
        "MOTCUA_STATE": str(tmp_path),
        "MOTCUA_HTTPS": "on",
    }
    command = [sys.executable, "-c", SEEN]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


def test_cookies_belong_to_this_host_alone_and_never_travel_in_clear(https: dict[str, object]) -> None:
    for kind in ("SESSION", "CSRF"):
        assert str(https[f"{kind}_COOKIE_NAME"]).startswith("__Host-")
        assert https[f"{kind}_COOKIE_SECURE"] is True
        assert https[f"{kind}_COOKIE_HTTPONLY"] is True
        assert (https[f"{kind}_COOKIE_DOMAIN"], https[f"{kind}_COOKIE_PATH"]) == (None, "/")
    assert https["SECURE_HSTS_SECONDS"] == 31_536_000
    assert https["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
