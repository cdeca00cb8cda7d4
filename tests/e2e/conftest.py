"""What the journeys stand on: ``motcua demo`` on free ports, Chromium, and visitors who say what they see."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import typst
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from tests.chromium import start_chromium
from tests.people import PASSWORD, Person
from tests.sandbox_process import SandboxProcess, free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AXE = (HERE / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
START_SECONDS = 90
NARROW, USUAL, WIDE = 320, 1280, 1920
_HEIGHT = 800
_HOST_FOR_READERS = "dichvucong.example"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
expect.set_options(timeout=20_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--pictures``."""
    parser.addoption(
        "--pictures",
        action="store_true",
        help="save pictures of the pages: tests/e2e/pictures, docs/pictures",
    )


@dataclass
class Stack:
    """The running product and the register's control API."""

    url: str
    sandbox: SandboxProcess
    environment: dict[str, str] = field(default_factory=dict)

    def lets_the_office(self, act: str) -> None:
        """Let something happen at the office that a journey does not watch: Python, in the product's own shell."""
        self._lets("motcua", "shell", "-c", act)

    def lets_the_register(self, act: str) -> None:
        """Let something change in the register: Python, in the sandbox's own shell."""
        self._lets("npdsandbox", "manage", "shell", "-c", act)

    def _lets(self, program: str, *words: str) -> None:
        shell = [Path(sys.executable).with_name(program), *words]
        done = subprocess.run(shell, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the demo for all journeys in which the register is not given up."""
    hosts = f"localhost,127.0.0.1,{_HOST_FOR_READERS}"
    with running(tmp_path_factory.mktemp("demo"), NPD_BREAKER_FAILURES="1000", MOTCUA_HOSTS=hosts) as started:
        yield started


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a demo that gives a silent register up after two questions, and looks after it every second."""
    with running(
        tmp_path_factory.mktemp("watched"),
        NPD_BREAKER_FAILURES="2",
        NPD_BREAKER_SECONDS="1",
        NPD_WATCH_SECONDS="1",
        NPD_SLOW_SECONDS="0.5",
    ) as started:
        yield started


@pytest.fixture
def watched_and_fine(watched: Stack) -> None:
    """Begin with a register in order, and with a line that knows it."""
    watched.sandbox.reset()
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        with _DIRECT.open(f"{watched.url}/trang-thai/den/", timeout=10) as answer:
            if 'class="light fine"' in answer.read().decode():
                return
        time.sleep(0.2)
    raise AssertionError("the register is in order, and its light says otherwise")


@contextmanager
def running(folder: Path, *, dossiers: int = 0, **settings: str) -> Iterator[Stack]:
    """Run what ``make run`` runs with so many dossiers, on free ports, in a folder of its own, with generous limits."""
    product_port, sandbox_port = free_port(), free_port()
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MOTCUA_", "NPD", "DJANGO_", "DATABASE_URL"))
        },
        "MOTCUA_PORT": str(product_port),
        "NPDSANDBOX_PORT": str(sandbox_port),
        "MOTCUA_STATE": str(folder / "motcua"),
        "NPDSANDBOX_STATE": str(folder / "npdsandbox"),
        "NPD_TOTAL_SECONDS": "3",
        **dict.fromkeys(
            ("TRIES_NUMBER_HOUR", "TRIES_NUMBER_DAY", "TRIES_ADDRESS_HOUR", "TRIES_ACCOUNT_HOUR"), "1000"
        ),
        **settings,
    }
    log = folder / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("motcua"), "demo", "--dossiers", str(dossiers)],
            env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_up(f"http://127.0.0.1:{product_port}/healthz", process, log)
        yield Stack(
            f"http://127.0.0.1:{product_port}",
            SandboxProcess(f"http://127.0.0.1:{sandbox_port}", process),
            environment,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    assert [line for line in lines if re.search(" (ERROR|CRITICAL) (django|motcua)", line)] == []


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with _DIRECT.open(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the demo did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(autouse=True)
def calm_register(stack: Stack) -> None:
    """Begin each journey with a register in order."""
    stack.sandbox.reset()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the distribution's Chromium once."""
    with sync_playwright() as playwright:
        browser = start_chromium(playwright.chromium)
        yield browser
        browser.close()


# What is wider than the box that hides its overflow; an ellipsis says so itself, and a clip path hides on purpose.
_CUT_OFF = """[...document.querySelectorAll("main *")].filter((box) => {
    const { overflowX, textOverflow, clipPath } = getComputedStyle(box);
    return ["hidden", "clip"].includes(overflowX) && textOverflow !== "ellipsis" && clipPath === "none"
        && !box.matches("input, select") && box.clientWidth && box.scrollWidth > box.clientWidth + 1;
}).map((box) => box.outerHTML.slice(0, 80))"""
# Tables that are wider than the box that scrolls them: on these pages nobody should have to push one sideways.
_SCROLLED = """[...document.querySelectorAll("main .table-wrap")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent.trim().slice(0, 80))"""


@dataclass
class Visitor:
    """Somebody at a browser: does what a person does, by the words on the page, and looks closely at every page."""

    page: Page
    url: str
    has_javascript: bool
    pictures: Path | None
    complaints: list[str] = field(default_factory=list)

    def opens(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.url + path)

    def logs_in(self, person: Person) -> None:
        """Log in with the cast's password."""
        self.opens("/dang-nhap/")
        self.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", person.login)
        self.types("Mật khẩu", PASSWORD)
        self.presses("Đăng nhập")
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_attached()

    def field(self, label: str) -> Locator:
        """Return the field with a label, whatever stands behind its name (a star, "không bắt buộc")."""
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}\s*(\*|\(|$)")).filter(visible=True)

    def types(self, label: str, text: str) -> None:
        """Replace what stands in a field."""
        self.field(label).fill(text)

    def chooses(self, label: str, option: str | re.Pattern[str]) -> None:
        """Choose an option by its words."""
        select = self.field(label)
        words = select.locator("option").filter(has_text=option).first.text_content()
        assert words is not None
        select.select_option(label=words.strip())

    def ticks(self, label: str | re.Pattern[str]) -> None:
        """Tick a box."""
        self.page.get_by_label(label).check()

    def presses(self, words: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=words, exact=True).filter(visible=True).first.click()

    def follows(self, words: str | re.Pattern[str]) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=words).filter(visible=True).first.click()

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Insist that words can be seen."""
        expect(self.page.get_by_text(words).filter(visible=True).first).to_be_visible()

    def does_not_see(self, words: str | re.Pattern[str]) -> None:
        """Insist that words cannot be seen."""
        expect(self.page.get_by_text(words).filter(visible=True)).to_have_count(0)

    def is_at(self, path: str | re.Pattern[str]) -> None:
        """Insist on the page's address."""
        wanted = re.compile(
            re.escape(self.url) + (path.pattern if isinstance(path, re.Pattern) else re.escape(path))
        )
        expect(self.page).to_have_url(wanted)

    def comes_back_until(self, path: str, words: str | re.Pattern[str]) -> None:
        """Open a page again and again, as somebody does who waits, until words can be seen on it."""
        for _ in range(80):
            self.opens(path)
            if self.page.get_by_text(words).filter(visible=True).count():
                return
            self.page.wait_for_timeout(250)
        self.sees(words)

    def looks_closely(self, name: str) -> None:
        """Find nothing inaccessible on this page, at its present state, and nothing wider than a small phone.

        With ``--pictures`` the page is kept as it looks on a phone and on the desk's screen.
        """
        if not self.has_javascript:
            return
        self.has_nothing_inaccessible(name)
        self.page.set_viewport_size({"width": NARROW, "height": _HEIGHT})
        overflow = self.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        cut = self.page.evaluate(_CUT_OFF)
        self._keep(f"{name}-{NARROW}")
        found_narrow = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"
        )
        if self.pictures:
            self.page.set_viewport_size({"width": WIDE, "height": 1080})
            self._keep(f"{name}-{WIDE}")
        self.page.set_viewport_size({"width": USUAL, "height": _HEIGHT})
        assert overflow <= 0, f"{name}: {overflow} px wider than a phone of {NARROW} px"
        assert not cut, f"{name}: cut off at {NARROW} px: {cut}"
        assert not found_narrow, f"{name} at {NARROW} px: {_told(found_narrow)}"

    def reads_it_whole(self, name: str) -> None:
        """Find nothing cut off and nothing to push sideways on this page, on a phone and on the desk's screen."""
        self.page.wait_for_load_state("load")
        for width in (NARROW, USUAL):
            self.page.set_viewport_size({"width": width, "height": _HEIGHT})
            self._keep(f"{name}-{width}")
            overflow = self.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name}: {overflow} px wider than {width} px"
            for found in (self.page.evaluate(_CUT_OFF), self.page.evaluate(_SCROLLED)):
                assert not found, f"{name}: not whole at {width} px: {found}"

    def has_nothing_inaccessible(self, name: str) -> None:
        """Find nothing inaccessible on this page as it is."""
        self.page.wait_for_load_state("load")
        self.page.evaluate(AXE)
        # Without preload axe writes no style of its own for imported sheets, which the page's policy would refuse.
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations'], preload: false}).then(r => r.violations)"
        )
        assert not found, f"{name}: {_told(found)}"

    def keeps_for_readers(self, name: str) -> None:
        """Keep a picture of this page for the README and the guides."""
        if self.pictures:
            folder = ROOT / "docs" / "pictures"
            folder.mkdir(parents=True, exist_ok=True)
            whole = int(self.page.evaluate("document.scrollingElement.scrollHeight"))
            self.page.set_viewport_size({"width": USUAL, "height": min(whole, 1600)})
            self.page.evaluate("scrollTo(0, 0)")
            self.page.screenshot(path=folder / f"{name}.png", caret="initial")
            self.page.set_viewport_size({"width": USUAL, "height": _HEIGHT})

    def keeps_slip_for_readers(self, link: str, name: str) -> None:
        """Keep a picture of the slip (PDF, one page of A5) to which a link of this page leads."""
        if self.pictures:
            address = self.page.get_by_role("link", name=link).get_attribute("href")
            slip = self.page.request.get(f"{self.url}{address}", headers={"Host": _HOST_FOR_READERS}).body()
            with TemporaryDirectory() as folder:
                Path(folder, "slip.pdf").write_bytes(slip)
                page, drawn = Path(folder, "page.typ"), Path(folder, "page.png")
                page.write_text(
                    '#set page(width: auto, height: auto, margin: 0pt)\n#image("slip.pdf")', "utf-8"
                )
                typst.compile(page, output=drawn, format="png", ppi=300)
                # Drawn small it would lack the feet of some letters.
                small = Image.open(drawn).convert("L").resize((583, 827)).quantize(16)
                small.save(ROOT / "docs" / "pictures" / f"{name}.png", optimize=True)

    def _keep(self, name: str) -> None:
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True, caret="initial")


Visit = Callable[..., Visitor]


@pytest.fixture
def visitor(chromium: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Make visitors; afterwards insist that their browsers asked nobody else and had nothing to complain of."""
    pictures = HERE / "pictures" if request.config.getoption("--pictures") else None
    if pictures:
        pictures.mkdir(exist_ok=True)
    made: list[Visitor] = []

    def make(
        *,
        javascript: bool = True,
        width: int = USUAL,
        is_dark: bool = False,
        at: Stack = stack,
        browser: Browser = chromium,
        has_touch: bool = False,
    ) -> Visitor:
        context = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": _HEIGHT},
            color_scheme="dark" if is_dark else "light",
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            has_touch=has_touch,
            is_mobile=has_touch,
        )
        context.set_default_timeout(20_000)
        someone = Visitor(context.new_page(), at.url, javascript, pictures)

        def note_request(asked: Request) -> None:
            if not asked.url.startswith((at.url, "data:")):
                someone.complaints.append(f"asked elsewhere: {asked.url}")

        def note_console(message: ConsoleMessage) -> None:
            if message.type == "error" and "the server responded with a status of 4" not in message.text:
                someone.complaints.append(message.text)

        context.on("request", note_request)
        context.on("console", note_console)
        context.on("weberror", lambda error: someone.complaints.append(str(error.error)))
        made.append(someone)
        return someone

    yield make
    for someone in made:
        if getattr(request.node, "has_failed", False):
            (HERE / "pictures").mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            someone.page.screenshot(
                path=HERE / "pictures" / f"failed-{name}.png", full_page=True, caret="initial"
            )
        someone.page.context.close()
    assert [complaint for someone in made for complaint in someone.complaints] == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Tell fixtures whether the test failed."""
    report = yield
    if report.failed:
        item.has_failed = True  # type: ignore[attr-defined]
    return report


def _told(violations: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{found['id']} ({found['impact']}): {found['help']} at {[node['target'] for node in found['nodes'][:4]]}"
        for found in violations
    )
