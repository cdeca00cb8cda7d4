"""What a first visit costs on a slow line: everything that is fetched, fonts apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import NARROW, Visit
from tests.people import cast

pytestmark = pytest.mark.browser
MOST = 60_000  # bytes


def fetched(visitor: Visit, path: str, *, officer: bool) -> int:
    """Return how many bytes a first visit to a page takes as they come over the line, without fonts."""
    someone = visitor(width=NARROW)
    if officer:
        someone.logs_in(cast.lan)
    line = someone.page.context.new_cdp_session(someone.page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def note(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    line.on("Network.responseReceived", note)
    line.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    someone.opens(path)
    someone.page.wait_for_load_state("networkidle")
    return sum(size for request, size in sizes.items() if not addresses.get(request, "").endswith(".woff2"))


@pytest.mark.parametrize(
    ("path", "officer"),
    [
        ("/", False),
        ("/thu-tuc/", False),
        ("/dang-ky/", False),
        ("/mot-cua/", True),
        ("/mot-cua/tiep-nhan/", True),
    ],
)
def test_a_first_visit_takes_less_than_sixty_kilobytes(visitor: Visit, path: str, officer: bool) -> None:
    taken = fetched(visitor, path, officer=officer)
    assert 5_000 < taken < MOST
