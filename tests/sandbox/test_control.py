"""The control page and its API: for this machine only, and it does what it says."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from npdsandbox.cast import DEMO, read_people
from npdsandbox.troubles import PERMANENT, TroubleKind
from tests.sandbox.callers import Reply, ask, ask_lgsp, lgsp_token, send
from tests.sandbox_process import SandboxProcess, start_sandbox

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post_form(sandbox: SandboxProcess, path: str, fields: dict[str, str], **headers: str) -> Reply:
    return send(sandbox, urlencode(fields).encode(), path=path, headers={**FORM, **headers})


def get(sandbox: SandboxProcess, path: str, **headers: str) -> Reply:
    return send(sandbox, b"", path=path, method="GET", headers=headers)


def test_the_page_works_with_nothing_but_forms(sandbox: SandboxProcess) -> None:
    assert (
        post_form(sandbox, "/_admin/trouble", {"kind": "fault_500", "next": "1", "seconds": ""}).status == 302
    )
    assert b"fault_500" in get(sandbox, "/_admin/").body
    assert ask(sandbox).status == 500
    assert post_form(sandbox, "/_admin/switch", {"name": "rate_per_minute", "value": "1"}).status == 302
    assert post_form(sandbox, "/_admin/switch", {"name": "strict", "value": "true"}).status == 302
    assert post_form(sandbox, "/_admin/switch", {"name": "officers", "value": "a\r\nb"}).status == 302
    switches = sandbox.control("GET", "switch")
    assert (switches["rate_per_minute"], switches["strict"], switches["officers"]) == (1, True, ["a", "b"])
    post_form(sandbox, "/_admin/trouble", {"kind": "delay", "seconds": "0.5"})
    assert post_form(sandbox, "/_admin/clear", {}).status == 302
    assert sandbox.control("GET", "trouble") == {"troubles": []}
    assert post_form(sandbox, "/_admin/switch", {"name": "c06_account", "value": "both"}).status == 302
    assert sandbox.control("GET", "switch")["c06_account"] == "both"
    post_form(sandbox, "/_admin/trouble", {"kind": "html_200", "at": "token"})
    assert lgsp_token(sandbox).headers["Content-Type"].startswith("text/html")
    post_form(sandbox, "/_admin/clear", {})
    token = lgsp_token(sandbox).json["access_token"]
    assert post_form(sandbox, "/_admin/withdraw", {}).status == 302
    assert ask_lgsp(sandbox, token=token).status == 401


def test_a_wrong_form_comes_back_with_what_was_typed(sandbox: SandboxProcess) -> None:
    reply = post_form(sandbox, "/_admin/trouble", {"kind": "delay", "number": "12", "seconds": "2"})
    assert reply.status == 400
    assert b'role="alert"' in reply.body
    assert b'value="12"' in reply.body
    reply = post_form(sandbox, "/_admin/switch", {"name": "rate_per_minute", "value": "many"})
    assert reply.status == 400


@pytest.mark.parametrize(
    "path",
    ["/_admin/", *(f"/_admin/api/{one}" for one in ("journal", "trouble", "switch", "people?province=1"))],
)
def test_another_name_or_another_sites_page_does_not_get_in(sandbox: SandboxProcess, path: str) -> None:
    assert get(sandbox, path).status == 200
    assert get(sandbox, path, Host="npd.example.vn").status == 403
    assert get(sandbox, path, Origin="http://evil.example").status == 403
    assert get(sandbox, path, Origin="null").status == 403


def test_a_foreign_form_changes_nothing(sandbox: SandboxProcess) -> None:
    fields = {"kind": "reset"}
    assert post_form(sandbox, "/_admin/trouble", fields, Origin="http://evil.example").status == 403
    body = json.dumps(fields).encode()
    assert (
        send(sandbox, body, path="/_admin/api/trouble", headers={"Content-Type": "text/plain"}).status == 400
    )
    assert ask(sandbox).status == 200


def test_pages_load_nothing_and_run_nothing(sandbox: SandboxProcess) -> None:
    class Page(HTMLParser):
        found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = {name for name, _ in attrs}
            if tag in ("script", "style", "img", "iframe") or names & {"style", "onclick", "onload"}:
                self.found.append(tag)

    for path in ("/", "/_admin/", "/elsewhere"):
        reply = get(sandbox, path)
        Page().feed(reply.body.decode())
        assert Page.found == []
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert get(sandbox, "/site.css").headers["Content-Type"].startswith("text/css")


def test_every_field_of_the_control_page_has_a_label(sandbox: SandboxProcess) -> None:
    labels, fields = set(), set()

    class Page(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "label":
                labels.add(given["for"])
            if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
                fields.add(given["id"])

    Page().feed(get(sandbox, "/_admin/").body.decode())
    assert fields
    assert fields == labels


def test_a_switch_takes_only_what_it_knows(sandbox: SandboxProcess) -> None:
    for name, value in (
        ("strict", "yes"), ("empty_shape", "nothing"), ("rate_per_minute", -1), ("officers", "lan"), ("color", 1)
    ):  # fmt: skip
        with pytest.raises(ValueError, match="name" if name == "color" else name):
            sandbox.switch(name, value)


def test_a_wish_of_a_hundred_thousand_brackets_is_no_wish(sandbox: SandboxProcess) -> None:
    body, headers = b"[" * 100_000, {"Content-Type": "application/json"}
    assert send(sandbox, body, path="/_admin/api/switch", headers=headers).status == 400


def test_the_journal_can_be_read_in_part_and_forgotten(sandbox: SandboxProcess) -> None:
    for _ in range(3):
        ask(sandbox)
    part = sandbox.control("GET", "journal?limit=2")
    assert (part["total"], len(part["entries"])) == (3, 2)
    sandbox.control("DELETE", "journal")
    assert sandbox.journal() == []


def test_the_manual_names_every_trouble_switch_and_troubled_person(sandbox: SandboxProcess) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    for name in (*TroubleKind, *sandbox.control("GET", "switch")):
        assert f"`{name}`" in manual, name
    people = {person.personal_number: person for person in read_people(DEMO)}
    for number, (kind, _) in PERMANENT.items():
        day = "/".join(reversed(people[number].birth_date.split("-")))
        assert f"| {number} | {people[number].full_name} | {day} | `{kind}`" in manual


def test_people_of_a_province_are_listed_as_the_register_knows_them(tmp_path: Path) -> None:
    sandbox = start_sandbox(tmp_path, people=400)
    try:
        listed = sandbox.control("GET", "people?province=01&limit=20")["citizens"]
        assert listed
        assert all(one["personal_number"].startswith("999") for one in listed)
        assert {one["permanent_residence"]["province"] for one in listed} == {"01"}
        for wrong in ("province=x", "province=01&limit=-1", "province=01&limit=1001"):
            with pytest.raises(ValueError, match="error"):
                sandbox.control("GET", f"people?{wrong}")
    finally:
        sandbox.stop()
    again = start_sandbox(tmp_path, people=50)
    try:
        assert again.control("GET", "people?province=01&limit=20")["citizens"] == listed
    finally:
        again.stop()
