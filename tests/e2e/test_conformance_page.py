"""The report's page in a browser, opened from disk: nothing inaccessible, nothing loaded, no wider than a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from motcua.population.conformance.page import page
from motcua.population.conformance.scenario import Result
from tests.e2e.conftest import AXE

pytestmark = pytest.mark.browser
RESULTS = [
    Result(
        group=f"Nhóm {place % 3}", name=f"Qua đường số {place}, người đúng cả ba thông tin: khớp", ms=12,
        expected="chưa kiểm tra được (trả lời về người khác)", observed="khớp", passed=place != 4,
    )
    for place in (0, 3, 1, 4, 2, 5)
]  # fmt: skip


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits(chromium: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(page({"Máy chủ": "http://127.0.0.1:8001/" + "dai" * 40}, RESULTS), encoding="utf-8")
    # The page's own policy allows no script, so axe comes in beside it.
    visit = chromium.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    visit.goto(file.as_uri())
    visit.evaluate(AXE)
    found = visit.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    assert found == []
    assert visit.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0
    visit.close()


def test_the_page_keeps_to_its_own_policy(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page({"Máy chủ": "http://x"}, RESULTS), encoding="utf-8")
    visit = chromium.new_page()
    complaints: list[str] = []
    requested: list[str] = []
    visit.on("console", lambda message: complaints.append(message.text))
    visit.on("request", lambda request: requested.append(request.url))
    visit.goto(file.as_uri())
    # Our one style sheet is let in by its digest.
    assert visit.evaluate("getComputedStyle(document.querySelector('.state')).fontWeight") == "600"
    assert (complaints, requested) == ([], [file.as_uri()])
    visit.close()
