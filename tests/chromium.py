"""The distribution's Chromium, as the journeys and the measurements in a browser start it."""

from __future__ import annotations

import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserType

# The same engine without windows loads a page in half the processor's time, and gets ready for a visitor in a third.
_PROGRAMS = ("chromium-headless-shell", "chromium")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for, nothing outside this machine is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def program() -> str | None:
    """Return the path of the browser to start; None when there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def start_chromium(engine: BrowserType, *options: str, **more: Any) -> Browser:
    """Start the browser.

    Args:
        engine: Playwright's ``chromium``.
        options: of the command line, beside ours.
        more: what else Playwright's ``launch`` takes.
    """
    path = program()
    assert path, "Chromium is needed: apt-get install chromium-headless-shell"
    return engine.launch(executable_path=path, args=[*OPTIONS, *options], **more)
