"""``docs/architecture.md`` and the heads of packages say of the code what is true of it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROGRAMS = ("motcua", "npdsandbox", "npdschema")
ROOMS = [*sorted(path.parent.name for path in SRC.glob("motcua/*/__init__.py")), "npdsandbox", "npdschema"]
HEADS = sorted(
    path
    for path in SRC.glob("**/__init__.py")
    if not {"management", "commands", "migrations", "templatetags"} & set(path.parts)
)
# These say by their names what they are: those who know Django find them without being told.
EVERY_APP_HAS = re.compile(r"(?:^|_)(?:admin|apps|checks|forms|models|urls|views)$|^_")
NAMED = re.compile(r"(?<![\w/.<])(?:[\w…]+/)+(?:[\w-]+\.\w+)?|(?<![\w/.…])\w+\.py\b")


def named_by(head: Path) -> str:
    """Return what a head's test is called by."""
    return head.parent.relative_to(SRC).as_posix()


def modules_of(head: Path) -> set[str]:
    """Return the modules that a head lists."""
    said = ast.get_docstring(ast.parse(head.read_text(encoding="utf-8")), clean=False) or ""
    listed = [re.split(r" {2,}", line.strip())[0] for line in said.splitlines() if line.startswith("    ")]
    return {name.strip() for line in listed for name in line.split(",")}


def rows() -> Iterator[tuple[str, set[str]]]:
    """Yield each package of the table, and what its row says that it imports."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"`\w+`", cells[0]):
            room, imports = cells[0].strip("`"), set(re.findall(r"`(\w+)`", cells[2]))
            if cells[2].startswith("all but"):
                imports = {one for one in ROOMS if not one.startswith("npd")} - imports - {room}
            yield room, imports


def floors(text: str) -> list[list[str]]:
    """Return the floors as a page draws them, from the top."""
    drawn = re.search(r"```\n\s*config.*?identity[^\n]*\n", text, re.DOTALL)
    assert drawn is not None
    names = "|".join(one for one in ROOMS if not one.startswith("npd"))
    found = [
        re.match(rf"\s*((?:{names})(?: \| (?:{names}))*)(?=\s|$)", line) for line in drawn[0].splitlines()
    ]
    return [one[1].split(" | ") for one in found if one]


def exists(name: str) -> bool:
    """Say whether a path as the page writes it is there: from the product's package, ``src``, the root or beside it."""
    if "/" not in name:
        return any(SRC.glob(f"**/{name}"))
    return any((base / name).exists() for base in (SRC / "motcua", SRC, ROOT, ROOT / "docs"))


def test_every_package_has_its_row_and_every_row_its_package() -> None:
    assert sorted(room for room, _ in rows()) == sorted(ROOMS)


def test_the_table_says_what_every_package_really_imports() -> None:
    graph = grimp.build_graph(*PROGRAMS)

    def room(module: str) -> str:
        return module.split(".")[1] if module.startswith("motcua.") else module.split(".")[0]

    imported: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        imported[room(module)] |= {room(other) for other in graph.find_modules_directly_imported_by(module)}
    assert dict(rows()) == {one: imported[one] - {one} for one in ROOMS}


@pytest.mark.parametrize("page", ["docs/architecture.md", "README.md", "README.vi.md"])
def test_the_floors_are_drawn_as_the_contract_has_them(page: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    held = [floor.split(" | ") for floor in contract["layers"]]
    assert floors((ROOT / page).read_text(encoding="utf-8")) == held


def test_every_file_and_folder_that_the_page_names_is_there() -> None:
    named = {name for name in NAMED.findall(PAGE) if "<" not in name and "…" not in name}
    assert len(named) > 50
    assert sorted(name for name in named if not exists(name)) == []


@pytest.mark.parametrize("head", HEADS, ids=named_by)
def test_a_package_says_what_it_is_for_and_names_only_modules_that_it_has(head: Path) -> None:
    said = ast.get_docstring(ast.parse(head.read_text(encoding="utf-8")), clean=False) or ""
    assert said
    assert {
        one
        for one in modules_of(head)
        if not (head.parent / f"{one}.py").exists() and not (head.parent / one).is_dir()
    } == set()


@pytest.mark.parametrize("head", [head for head in HEADS if head.parents[1].name == "motcua"], ids=named_by)
def test_the_head_of_a_package_names_every_module_that_is_no_page_form_or_model(head: Path) -> None:
    own = {path.stem for path in head.parent.glob("*.py") if not EVERY_APP_HAS.search(path.stem)}
    assert own - modules_of(head) == set()


def test_every_command_has_its_place_on_the_page() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| a command |"))
    commands = {path.stem: path.parts[-4] for path in SRC.glob("motcua/*/management/commands/[a-z]*.py")}
    told = {
        name: room
        for names, room in re.findall(r"((?:`\w+`(?:, )?)+) in `(\w+)/`", row)
        for name in re.findall(r"\w+", names)
    }
    assert told == commands


def test_every_file_and_folder_that_the_notice_of_others_names_is_there() -> None:
    named = re.findall(r"`((?:src|tests)/[^`]+)`", (ROOT / "NOTICE.md").read_text(encoding="utf-8"))
    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("room", ROOMS)
def test_the_head_of_a_room_says_what_it_must_not_know(room: str) -> None:
    head = SRC / room if room.startswith("npd") else SRC / "motcua" / room
    said = ast.get_docstring(ast.parse((head / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert re.search(r"\b(?:must not know|knows? no|knows everybody)", said, re.IGNORECASE)
