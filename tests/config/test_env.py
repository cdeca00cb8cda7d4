"""A nonsense value stops the start with the variable's name and the expected form; secrets may come from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from motcua.config.env import VARIABLES, BadSetting, Environment
from motcua.config.pages import write_pages


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MOTCUA_PORT", "eighty", "a port"),
        ("MOTCUA_PORT", "70000", "a port"),
        ("REGISTRATION_OPEN", "perhaps", "on or off"),
        ("NPD_TOTAL_SECONDS", "-1", "seconds"),
        ("NPD_TOTAL_SECONDS", "nan", "seconds"),
        ("NPD_TRANSPORT", "pigeon", "one of c06, xroad"),
        ("TRIES_NUMBER_HOUR", "0", "1 or more"),
    ],
)
def test_a_nonsense_value_names_its_variable_and_what_is_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(BadSetting) as refusal:
        Environment({name: value})[name]

    assert name in str(refusal.value)
    assert expected in str(refusal.value)
    assert value not in str(refusal.value).replace(expected, "")


def test_every_default_can_be_read() -> None:
    environment = Environment({})

    assert all(environment[name] is not None for name in VARIABLES)


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a word\n", encoding="utf-8")

    assert Environment({"NPD_SECRET_FILE": str(tmp_path / "secret")})["NPD_SECRET"] == "a word"


def test_a_missing_file_of_a_secret_is_named() -> None:
    with pytest.raises(BadSetting, match="NPD_SECRET_FILE"):
        Environment({"NPD_SECRET_FILE": "/nowhere/at/all"})["NPD_SECRET"]


def test_the_generated_pages_are_fresh() -> None:
    assert write_pages(only_check=True) == 0
