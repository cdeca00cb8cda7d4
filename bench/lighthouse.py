"""What Lighthouse says of the desk, the portal and a filing: its four columns, as on a telephone and as at a desk.

Lighthouse is a program of Node.js; ``npx`` fetches the release named here, so this needs the npm registry. It is told
the session's cookie as a header; the product runs as the demo does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect, sync_playwright

from bench.walks import log_in
from tests.chromium import OPTIONS, program, start_chromium
from tests.e2e.conftest import running
from tests.people import Person, cast

_RELEASE: Final = "12.8.2"  # the last that runs on Node.js 20
_COLUMNS: Final = ("performance", "accessibility", "best-practices", "seo")
_PATIENCE: Final = 300  # seconds for a page, with the download


def seen() -> dict[str, Any]:
    """Return the columns (0 to 100) of each page, and the lowest of all."""
    if shutil.which("npx") is None:
        raise SystemExit("Lighthouse needs Node.js 20 or newer, with npx.")
    with (
        tempfile.TemporaryDirectory(prefix="motcua-lighthouse-") as folder,
        running(Path(folder), dossiers=60) as stack,
        sync_playwright() as playwright,
    ):
        browser = start_chromium(playwright.chromium)
        try:
            officer = _cookie(browser.new_context().new_page(), stack.url, cast.lan)
            page = browser.new_context().new_page()
            citizen = _cookie(page, stack.url, cast.an)
            page.goto(f"{stack.url}/thu-tuc/1.010041/")
            page.get_by_role("button", name="Nộp hồ sơ trực tuyến").first.click()
            expect(page.get_by_role("heading", name="Thông tin người nộp hồ sơ")).to_be_visible()
            filing = page.url
        finally:
            browser.close()
        found = {
            "portal, telephone": _columns(f"{stack.url}/thu-tuc/", "", is_desk=False),
            "filing, telephone": _columns(filing, citizen, is_desk=False),
            "my dossiers, telephone": _columns(f"{stack.url}/ho-so/", citizen, is_desk=False),
            "desk": _columns(f"{stack.url}/mot-cua/tiep-nhan/", officer, is_desk=True),
            "queue": _columns(f"{stack.url}/mot-cua/", officer, is_desk=True),
        }
    lowest = min(score for columns in found.values() for score in columns.values())
    return {"lighthouse_release": _RELEASE, "lighthouse_lowest": lowest, "lighthouse_pages": found}


def _cookie(page: Page, url: str, person: Person) -> str:
    """Log somebody in and return the cookies as a header."""
    log_in(page, url, person)
    return "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())


def _columns(url: str, cookie: str, *, is_desk: bool) -> dict[str, int]:
    command = [
        "npx", "--yes", f"lighthouse@{_RELEASE}", url, "--quiet", "--output=json", "--locale=vi",
        f"--only-categories={','.join(_COLUMNS)}",
        f"--chrome-flags=--headless=new {' '.join(OPTIONS)}",
    ]  # fmt: skip
    if is_desk:
        command.append("--preset=desktop")
    if cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    environment = {**os.environ, "CHROME_PATH": str(program())}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise SystemExit(f"Lighthouse failed: {done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    for column in report["categories"].values():
        for audit in column["auditRefs"]:
            score = report["audits"][audit["id"]]["score"]
            if audit["weight"] and score is not None and score < 0.9:
                print(f"  {url.rpartition('/')[0]}: {audit['id']} {score:.2f}")
    return {name: round(report["categories"][name]["score"] * 100) for name in _COLUMNS}
