"""Settings that cannot work stop the start and name themselves."""

from __future__ import annotations

import pytest

from motcua.verification.checks import register_can_be_asked


@pytest.mark.parametrize(
    ("changes", "identity", "word"),
    [
        ({}, None, ""),
        ({"NPD_URL": "gopher://x"}, "motcua.E001", "NPD_URL"),
        ({"NPD_SECRET": ""}, "motcua.E001", "NPD_SECRET"),
        ({"NPD_URL": "https://npd.example/c06/{operation}"}, "motcua.E002", "NPD_SECRET"),
        ({"NPD_PING_NUMBER": "12345"}, "motcua.E004", "NPD_PING_NUMBER"),
        ({"NPD_IN_FLIGHT": 4, "NPD_IN_FLIGHT_DESK": 4}, "motcua.E003", "portal"),
        (
            {"NPD_URL": "https://npd.example/", "NPD_SECRET": "another", "NPD_CA": __file__},
            "motcua.E005",
            "NPD_CA",
        ),
        ({"NPD_URL": "https://npd.example/", "NPD_SECRET": "another"}, "motcua.W004", "NPD_URL"),
    ],
)
def test_a_setting_that_cannot_work_is_named(
    settings, changes: dict[str, object], identity: str, word: str
) -> None:
    settings.NPD = {**settings.NPD, **changes}

    messages = register_can_be_asked(None)

    assert [message.id for message in messages] == ([identity] if identity else [])
    assert all(word in message.msg for message in messages)


def test_an_address_that_others_could_read_is_warned_of(settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_URL": "http://npd.example/", "NPD_SECRET": "another"}

    assert [message.id for message in register_can_be_asked(None)] == ["motcua.W004", "motcua.W001"]


@pytest.mark.parametrize(
    ("changes", "identity", "word"),
    [
        ({"NPD_URL": "gopher://x"}, "motcua.E001", "NPD_STANDBY_URL"),
        ({"NPD_SECRET": ""}, "motcua.E001", "NPD_STANDBY_SECRET"),
        ({"NPD_URL": "https://npd.example/"}, "motcua.E002", "NPD_STANDBY_SECRET"),
        ({"NPD_TRANSPORT": "lgsp", "NPD_TOKEN_URL": ""}, "motcua.E001", "NPD_STANDBY_TOKEN_URL"),
        (
            {
                "NPD_TRANSPORT": "lgsp",
                "NPD_URL": "https://lgsp.example/",
                "NPD_TOKEN_URL": "https://lgsp.example/token",
            },
            "motcua.E002",
            "NPD_STANDBY_LGSP_SECRET_KEY",
        ),
    ],
)
def test_the_stand_by_line_is_looked_at_too_and_named_by_its_own_variables(
    settings, changes: dict[str, object], identity: str, word: str
) -> None:
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06", **changes}

    messages = register_can_be_asked(None)

    assert [message.id for message in messages] == [identity]
    assert word in messages[0].msg


def test_a_stand_by_line_that_is_not_used_may_hold_anything(settings) -> None:
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_URL": "gopher://x"}

    assert register_can_be_asked(None) == []
