"""The report's page in a browser, opened from disk: nothing inaccessible, nothing loaded, no wider than a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from motcua.population.conformance.page import page
from motcua.population.conformance.scenario import Result

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent.parent / "e2e" / "vendor" / "axe-4.14.1.min.js"
RESULTS = [
    Result(
        group=f"Nhóm {place % 3}", name=f"Qua đường số {place}, người đúng cả ba thông tin: khớp", ms=12,
        expected="chưa kiểm tra được (trả lời về người khác)", observed="khớp", passed=place != 4,
    )
    for place in (0, 3, 1, 4, 2, 5)
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(page({"Máy chủ": "http://127.0.0.1:8001/" + "dai" * 40}, RESULTS), encoding="utf-8")
    # The page's own policy allows no script, so axe comes in beside it.
    visit = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    visit.goto(file.as_uri())
    visit.evaluate(AXE.read_text(encoding="utf-8"))
    found = visit.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    assert found == []
    assert visit.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0
    visit.close()


def test_the_page_keeps_to_its_own_policy(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page({"Máy chủ": "http://x"}, RESULTS), encoding="utf-8")
    visit = browser.new_page()
    complaints: list[str] = []
    requested: list[str] = []
    visit.on("console", lambda message: complaints.append(message.text))
    visit.on("request", lambda request: requested.append(request.url))
    visit.goto(file.as_uri())
    # Our one style sheet is let in by its digest.
    assert visit.evaluate("getComputedStyle(document.querySelector('.state')).fontWeight") == "600"
    assert (complaints, requested) == ([], [file.as_uri()])
    visit.close()
