"""The page about ASVS has one row for each requirement, and what each row names is there."""

from __future__ import annotations

import re
from collections import Counter

from tests.guards.test_security_page import ROOT, TEST, named_in

PAGE = ROOT / "docs" / "asvs.md"
# ASVS 5.0.0: the sections, and the level of each requirement in them, one digit each.
SECTIONS = """
V1.1 22  V1.2 1111122223  V1.3 112222222223  V1.4 222  V1.5 123
V2.1 122  V2.2 112  V2.3 12223  V2.4 23
V3.1 3  V3.2 113  V3.3 12223  V3.4 11222233  V3.5 11122333  V3.6 3  V3.7 22333
V4.1 12233  V4.2 23333  V4.3 22  V4.4 1222
V5.1 2  V5.2 112333  V5.3 113  V5.4 222
V6.1 122  V6.2 111111112222  V6.3 11223333  V6.4 112233  V6.5 22222333  V6.6 2223  V6.7 33  V6.8 2222
V7.1 222  V7.2 1111  V7.3 22  V7.4 11222  V7.5 223  V7.6 22
V8.1 1233  V8.2 1123  V8.3 133  V8.4 23
V9.1 111  V9.2 1222
V10.1 22  V10.2 223  V10.3 22223  V10.4 1111122222233333  V10.5 22222  V10.6 22  V10.7 222
V11.1 2233  V11.2 22233  V11.3 11233  V11.4 1222  V11.5 23  V11.6 23  V11.7 33
V12.1 12233  V12.2 11  V12.3 22223
V13.1 2333  V13.2 222223  V13.3 2233  V13.4 1222233
V14.1 22  V14.2 12223333  V14.3 122
V15.1 12233  V15.2 12233  V15.3 1222222  V15.4 3333
V16.1 2  V16.2 22222  V16.3 2222  V16.4 222  V16.5 2223
V17.1 23  V17.2 22223333  V17.3 22
"""
LEVELS = {
    f"{section}.{place}": int(level)
    for section, levels in re.findall(r"(V\S+) (\d+)", SECTIONS)
    for place, level in enumerate(levels, 1)
}
WANTED = {number: level for number, level in LEVELS.items() if level <= 2}

ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
LACK = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (.{20,}?) \| (.{10,}) \|$", re.MULTILINE)
COUNT = re.compile(r"^\| (test|place|operator|n/a|not yet) \| .+ \| (\d+) \|$", re.MULTILINE)
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+|[\w.-]+\.(?:toml|lock|md))`")
ANCHOR = re.compile(r"\]\(#([\w-]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def page() -> str:
    """Return the page."""
    return PAGE.read_text(encoding="utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Return how each requirement is met, and what shows it."""
    return {number: (how, shown) for number, _level, _about, how, shown in ROW.findall(page())}


def test_the_standard_is_counted_rightly() -> None:
    assert Counter(LEVELS.values()) == {1: 70, 2: 183, 3: 92}


def test_every_requirement_of_the_first_two_levels_has_exactly_one_row_in_order() -> None:
    assert [(number, int(level)) for number, level, *_rest in ROW.findall(page())] == list(WANTED.items())


def test_what_the_rows_name_is_there() -> None:
    anchors = {heading.lower().replace(" ", "-") for heading in HEADING.findall(page())}
    troubles = {}
    for number, (how, shown) in rows().items():
        named, paths = TEST.findall(shown), PATH.findall(shown)
        is_there = (
            all(name.startswith("test_") and name in named_in(path) for path, name in named)
            and shown.count("::") == len(named)
            and all((ROOT / path).exists() for path in paths)
            and set(ANCHOR.findall(shown)) <= anchors
        )
        is_enough = {
            "test": bool(named),
            "place": bool(paths or ANCHOR.search(shown)),
            "operator": len(shown) > 20,
            "n/a": len(shown) > 4,
            "not yet": "](#not-met-yet)" in shown,
        }
        if not is_there or not is_enough.get(how):
            troubles[number] = shown
    assert troubles == {}


def test_what_is_not_met_yet_says_how_it_stands_and_what_it_would_take() -> None:
    lacking = [number for number, (how, _shown) in rows().items() if how == "not yet"]
    section = page().partition("\n## Not met yet\n")[2].partition("\n## ")[0]
    assert [number for number, _stands, _takes in LACK.findall(section)] == lacking


def test_the_page_counts_its_rows() -> None:
    counted = Counter(how for how, _shown in rows().values())
    assert {how: int(count) for how, count in COUNT.findall(page())} == counted


def test_the_page_of_security_leads_to_it() -> None:
    assert "(asvs.md)" in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
