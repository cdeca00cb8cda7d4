"""Fields read what people type, and say in Vietnamese what to mend."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
import time_machine
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Contradiction
from motcua.identity.names import NameRefused
from motcua.identity.numbers import IdNumber
from motcua.web import fields
from motcua.web.markup import field
from tests.people import cast


class Claim(forms.Form):
    """The three things a person claims."""

    full_name = fields.FullNameField()
    number = fields.IdNumberField()
    birth_date = fields.BirthDateField()
    phone = fields.PhoneField(required=False)


def typed(**changes: str) -> Claim:
    """Return the form as An would send it, but for the changes."""
    an = {
        "full_name": cast.an.full_name,
        "number": cast.an.number,
        "birth_date": cast.an.typed_birth,
        "phone": "",
    }
    return Claim(an | changes)


def error_of(form: Claim, name: str) -> ValidationError:
    """Return the one error of a field."""
    assert not form.is_valid()
    [error] = form.errors.as_data()[name]
    return error


def shown(form: Claim, name: str = "full_name") -> str:
    """Return a field's markup."""
    return field(form[name])


def test_a_right_claim_becomes_the_core_s_types() -> None:
    form = typed(full_name=unicodedata.normalize("NFD", "  Nguyễn   Văn An "), number="999 085.000-001")
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "full_name": "Nguyễn Văn An",
        "number": IdNumber("999085000001"),
        "birth_date": BirthDate(1985, 3, 7),
        "phone": "",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("An1", "digit"),
        ("Ан", "foreign_letter"),
        ("An <b>", "sign"),
        ("An\u202e", "bidi"),
        ("An\x00", "control"),
        ("An\ue000", "private_use"),
        ("An\ufffd", "lost_character"),
        ("An " * 60, "too_long"),
        ("Hòá", "two_tones"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_remedy(text: str, reason: str) -> None:
    error = error_of(typed(full_name=text), "full_name")
    assert error.code == reason
    assert "Vui lòng" in error.messages[0]
    assert "ọ và tên" in error.messages[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nguyễn Vǎn An", "không thuộc tiếng Việt: “ǎ”. Vui lòng gõ lại"),
        ("Nguyễn V\u0430n An", "không thuộc tiếng Việt: “\u0430”. Vui lòng gõ lại"),
        ("Nguyễn An\u0330", "không thuộc tiếng Việt: “\u25cc\u0330”. Vui lòng gõ lại"),
        ("Nguyễn V. An", "ký tự không dùng được: “.”. Vui lòng"),
        ("Nguyễn An\ufe0f", "có ký tự điều khiển ẩn. Vui lòng"),
        ("Nguyễn An\ufff9", "có ký tự điều khiển ẩn. Vui lòng"),
        ("'-'", "chỉ gồm chữ cái, dấu cách"),
    ],
)
def test_the_character_that_no_name_has_is_shown_where_it_can_be_seen(text: str, words: str) -> None:
    assert words in error_of(typed(full_name=text), "full_name").messages[0]


def test_every_reason_of_the_core_has_its_words() -> None:
    def listed(documentation: str | None) -> set[str]:
        return {part for part in (documentation or "").split('"')[1::2] if part.isidentifier()}

    assert listed(NameRefused.__doc__) <= set(fields.NAME_ERRORS)
    assert listed(fields.NumberRefused.__doc__) == set(fields.NUMBER_ERRORS)
    assert listed(fields.BirthRefused.__doc__) <= set(fields.BIRTH_ERRORS)


def test_raw_telex_is_answered_with_a_suggestion_that_the_person_presses() -> None:
    form = typed(full_name="Nguyeenx Vawn An")
    error = error_of(form, "full_name")
    assert error.code == "garbled"
    assert error.params["suggestion"] == "Nguyễn Văn An"
    markup = shown(form)
    assert 'name="full_name-suggestion" value="Nguyễn Văn An"' in markup
    assert 'value="Nguyeenx Vawn An"' in markup


def test_a_suggestion_is_never_applied_by_the_enter_key() -> None:
    form = typed(full_name="Nguyeenx Vawn An")
    form.is_valid()
    buttons = shown(form).split("<button")[1:]
    assert "name=" not in buttons[0].split(">")[0]


def test_the_pressed_suggestion_takes_the_place_of_what_was_typed() -> None:
    form = typed(full_name="Nguyeenx Vawn An", **{"full_name-suggestion": "Nguyễn Văn An"})
    assert form.is_valid()
    assert form.cleaned_data["full_name"] == "Nguyễn Văn An"
    assert 'value="Nguyễn Văn An"' in shown(form)


def test_a_name_that_looks_garbled_may_be_kept_and_stays_kept() -> None:
    form = typed(full_name="Nguyeenx Vawn An", **{"full_name-kept": "Nguyeenx Vawn An"})
    assert form.is_valid(), form.errors
    assert '<input type="hidden" name="full_name-kept" value="Nguyeenx Vawn An">' in shown(form)


def test_keeping_one_name_does_not_keep_another() -> None:
    form = typed(full_name="Nguyeenx Vawn Binhf", **{"full_name-kept": "Nguyeenx Vawn An"})
    assert error_of(form, "full_name").code == "garbled"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("99908500000", "length"), ("99908500000x", "shape"), ("１２", "length")],
)
def test_a_number_of_another_shape_is_refused_with_the_remedy(text: str, reason: str) -> None:
    error = error_of(typed(number=text), "number")
    assert error.code == reason
    assert "Vui lòng" in error.messages[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("31/02/1990", "impossible"),
        ("07/03/2085", "future"),
        ("07/03/1885", "before_1900"),
        ("03/1985", "month_only"),
        ("hôm qua", "shape"),
        ("1985", "year_alone"),
    ],
)
def test_a_birth_date_that_cannot_be_is_refused_with_the_remedy(text: str, reason: str) -> None:
    error = error_of(typed(birth_date=text), "birth_date")
    assert error.code == reason
    assert "vui lòng" in error.messages[0].lower()


def test_the_year_alone_is_taken_where_it_will_do() -> None:
    assert fields.BirthDateField(year_alone=True).clean("1950") == BirthDate(1950)


@time_machine.travel(datetime(2026, 11, 23, 17, 30, tzinfo=UTC), tick=False)
def test_today_is_vietnam_s_today() -> None:
    assert fields.BirthDateField().clean("24/11/2026") == BirthDate(2026, 11, 24)
    with pytest.raises(ValidationError):
        fields.BirthDateField().clean("25/11/2026")


@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "0912 345 678",
        "+84912345678",
        "0084 912.345.678",
        "84912345678",
        "０９１２３４５６７８",
        "＋８４　９１２－３４５－６７８",
        "\u202a+84 912 345 678\u202c",
        "\u2068(0912)\u00a0345\u2011678\u2069",
    ],
)
def test_one_telephone_number_has_one_form(text: str) -> None:
    assert fields.PhoneField().clean(text) == "0912345678"


@pytest.mark.parametrize("text", ["", "12345", "0912345678901", "09123x5678", "9" * 5000])
def test_a_telephone_number_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="Vui lòng"):
        fields.PhoneField().clean(text)


def test_known_values_are_shown_as_people_write_them() -> None:
    form = Claim(initial={"number": cast.an.claim.number, "birth_date": cast.an.birth_date})
    assert 'value="999085000001"' in shown(form, "number")
    assert 'value="07/03/1985"' in shown(form, "birth_date")


def test_what_was_typed_is_shown_again_and_escaped() -> None:
    form = typed(full_name='"><script>alert(1)</script>')
    form.is_valid()
    assert "<script" not in shown(form)
    assert "&lt;script&gt;" in shown(form)


def test_an_error_is_tied_to_its_field_for_screen_readers() -> None:
    form = typed(number="1")
    form.is_valid()
    markup = shown(form, "number")
    assert 'aria-invalid="true"' in markup
    assert 'aria-describedby="id_number-error"' in markup
    assert 'id="id_number-error"' in markup
    assert '<label for="id_number">' in markup


def test_the_summary_links_each_error_to_its_field() -> None:
    form = typed(number="1", birth_date="")
    form.is_valid()
    summary = render_to_string("web/errors.html", {"form": form})
    assert 'role="alert"' in summary
    assert '<a href="#id_number">' in summary
    assert '<a href="#id_birth_date">' in summary


def test_a_password_is_never_sent_back() -> None:
    class Secret(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput)

    assert "kín-đáo" not in field(Secret({"password": "kín-đáo"})["password"])


@pytest.mark.parametrize(
    ("contradiction", "words"),
    [
        (Contradiction("birth_year", "1986", "1985"), "năm 1985; ông/bà nhập 1986"),
        (Contradiction("century", "2085", "1985"), "năm 1985"),
        (Contradiction("sex", "female", "male"), "giới tính nam; ông/bà chọn nữ"),
        (Contradiction("province", "", "003"), "(003)"),
    ],
)
def test_a_contradiction_asks_in_words_to_look_again(contradiction: Contradiction, words: str) -> None:
    text = fields.contradiction_text(contradiction)
    assert words in text
    assert text.endswith("Vui lòng xem lại.")
