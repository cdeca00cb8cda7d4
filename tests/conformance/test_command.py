"""What an operator runs and keeps: the output, the signed report, its page, other people."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from motcua.population.conformance.page import page
from motcua.population.conformance.scenario import Result
from motcua.population.conformance.target import TargetRefused, examine
from motcua.verification import conformance
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two results in place of hundreds: one good, one bad with marks of HTML in it."""
    common: dict[str, Any] = {"expected": "có <người>", "ms": 7}
    made = [
        Result(group="Nhóm một", name="tình huống tốt", observed="có <người>", passed=True, **common),
        Result(group="Nhóm hai", name="tình huống & xấu", observed="<script>", passed=False, **common),
    ]
    monkeypatch.setattr(conformance, "run_scenarios", lambda scenarios: made)


def run(folder: Path | None, *, as_json: bool = False, **more: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = conformance.run(
        url="http://127.0.0.1:9", as_json=as_json, folder=folder, stdout=out, stderr=err, **more
    )
    return code, out.getvalue(), err.getvalue()


def verify(folder: Path) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    return conformance.verify_report(folder, stdout=out, stderr=err), out.getvalue() + err.getvalue()


def test_the_command_prints_one_json_object_and_needs_no_database(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NPD", "MOTCUA_", "DJANGO_", "DATABASE_"))
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("motcua"), "npd", "conformance", "--url", sandbox.url, "--json"],
        env={
            **environment, "MOTCUA_STATE": str(tmp_path),
            "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/none",
        },
        capture_output=True, text=True, timeout=180, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert list(answer) == ["scenarios"]
    assert len(answer["scenarios"]) >= 110
    assert all(set(one) == {"name", "passed"} and one["passed"] is True for one in answer["scenarios"])
    assert {path.name for path in (tmp_path / "conformance").iterdir()} == {
        "report.json", "report.sig", "report.pub.pem", "report.html",
    }  # fmt: skip


@pytest.mark.usefixtures("few")
def test_a_failure_says_why_and_ends_with_one(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, as_json=True)
    assert code == 1
    assert json.loads(out)["scenarios"] == [
        {"name": "tình huống tốt", "passed": True},
        {"name": "tình huống & xấu", "passed": False, "why": "mong đợi: có <người>; thấy: <script>"},
    ]


@pytest.mark.usefixtures("few")
def test_people_read_a_list_with_totals(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path)
    assert "Nhóm hai: 0/1" in out
    assert "✘ tình huống & xấu" in out
    assert "1 of 2 scenarios passed." in out
    assert str(tmp_path / "report.html") in out


@pytest.mark.usefixtures("few")
def test_without_a_folder_the_report_lies_in_the_state_folder(tmp_path: Path) -> None:
    with override_settings(STATE=tmp_path):
        run(None)
    assert (tmp_path / "conformance" / "report.html").is_file()


@pytest.mark.usefixtures("few")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = run(tmp_path / "file" / "report")
    assert code == 2
    assert "--report" in err


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8001", "ftp://x", "http://", "http://user:pass@x", "http://x:0", "http://x?y"]
)
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert conformance.run(url=url, as_json=True, folder=None, stdout=out, stderr=err) == 2
    assert (out.getvalue(), "--url" in err.getvalue()) == ("", True)


# --- the signature


@pytest.mark.usefixtures("few")
def test_a_report_as_it_was_written_is_good(tmp_path: Path) -> None:
    run(tmp_path)
    code, told = verify(tmp_path)
    assert code == 0
    assert "1 of 2 scenarios passed" in told


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["report.json", "report.html", "report.sig", "report.pub.pem"])
def test_a_report_with_one_changed_byte_is_refused(tmp_path: Path, name: str) -> None:
    run(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    assert verify(tmp_path)[0] == 1


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["report.json", "report.html", "report.sig", "report.pub.pem"])
def test_a_report_with_a_file_missing_is_refused(tmp_path: Path, name: str) -> None:
    run(tmp_path)
    (tmp_path / name).unlink()
    code, told = verify(tmp_path)
    assert code == 1
    assert name in told


@pytest.mark.usefixtures("few")
def test_a_report_signed_with_another_key_is_not_taken_for_ours(tmp_path: Path) -> None:
    with override_settings(SECRET_KEY="another installation's secret"):
        run(tmp_path)
    code, told = verify(tmp_path)
    assert code == 2
    assert "another installation" in told
    assert re.search(r"\b[0-9a-f]{64}\b", told)


# --- the page


@pytest.mark.usefixtures("few")
def test_the_page_tells_each_scenario_and_loads_nothing(tmp_path: Path) -> None:
    run(tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert '<html lang="vi">' in html
    assert html.count("tình huống &amp; xấu") == 2  # among what failed, and in its group
    assert html.count("tình huống tốt") == 1
    assert "<script>" not in html
    assert "default-src 'none'" in html
    assert re.findall(r'(?:src|href)="(?!#)', html) == []


def test_the_page_of_a_good_run_says_so() -> None:
    result = Result(group="g", name="n", expected="e", observed="e", passed=True, ms=1)
    html = page({"Máy chủ": "http://x"}, [result])
    assert "Đạt: cả 1 tình huống" in html
    assert "Tình huống chưa đạt" not in html


# --- other people than the sandbox's


def test_a_file_gives_other_people_paths_and_credentials(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    person = {"number": "999185000017", "old_number": "", "name": "Đặng Thị Mẫu Thử", "birth": "1985-03-07"}
    own = {
        "people": {"ordinary": person},
        "paths": {"c06": "/own/{operation}"},
        "credentials": {"NPD_SECRET": "s"},
    }
    file.write_text(json.dumps(own), encoding="utf-8")
    found = examine("http://x.example", credentials={"NPD_USERNAME": "from the settings"}, file=file)
    assert found.people["ordinary"].number == "999185000017"
    assert found.people["absent"].name == "Lý Thị Hạnh"
    assert found.paths["c06"] == "/own/{operation}"
    assert (found.credentials["NPD_USERNAME"], found.credentials["NPD_SECRET"]) == ("from the settings", "s")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"persons": {}}',
        '{"people": []}',
        '{"people": {"someone": {}}}',
        '{"people": {"absent": {"x": 1}}}',
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TargetRefused, match="--people"):
        examine("http://x.example", credentials={}, file=file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetRefused, match="cannot be read"):
        examine("http://x.example", credentials={}, file=tmp_path / "none.json")


@pytest.mark.usefixtures("few")
def test_an_address_that_nobody_answers_at_is_named_beside_the_results(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    told = []
    for url in (sandbox.url, "http://127.0.0.1:9"):
        err = io.StringIO()
        conformance.run(url=url, as_json=True, folder=tmp_path, stdout=io.StringIO(), stderr=err)
        told.append(err.getvalue())

    assert told[0] == ""
    assert "--url: nothing answers at http://127.0.0.1:9" in told[1]
