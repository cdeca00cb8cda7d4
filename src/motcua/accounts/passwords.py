"""Passwords: what may not stand in one, and how many are hashed at a time."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from motcua.web.connections import give_connection_back

if TYPE_CHECKING:
    from motcua.accounts.models import User

LONGEST_PASSWORD: Final = 128
SHORTEST_ALONE: Final = 14
PUBLISHED: Final = frozenset({"demo-mot-cua-2026"})
_SHORTEST_WORD: Final = 4
_TAIL_OF_NUMBER: Final = 6

# One argon2 hash takes about 100 MB: more than two at a time in a process would let log-ins eat the machine.
hashing_room: Final = threading.BoundedSemaphore(2)


@contextmanager
def _room() -> Iterator[None]:
    """Wait for room to hash, without keeping a place at the database from those who need none here."""
    if not hashing_room.acquire(blocking=False):
        give_connection_back()
        hashing_room.acquire()
    try:
        yield
    finally:
        hashing_room.release()


def hashed(password: str) -> str:
    """Return the hash of a password, waiting for room to make it."""
    with _room():
        return make_password(password)


def is_right(user: User | None, password: str) -> bool:
    """Say whether this is the user's password; for nobody, and for who may not log in, as much work and no."""
    if user is None or not user.is_active or not user.has_usable_password():
        hashed(password)
        return False
    with _room():
        return user.check_password(password)


def _bare(text: str) -> str:
    """Return the letters and digits of a text, lower case and without accents."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(sign for sign in plain if sign.isalnum())


class NameAndBirthYearValidator:
    """Refuses a password that holds what everybody knows of its owner: name, year of birth, number."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Look for the owner in the password.

        Args:
            password: as typed.
            user: its owner; name, birth date and number are read from the user and, for a citizen, the profile.

        Raises:
            ValidationError: it holds a word of the name, the year of birth or the end of the number.
        """
        if user is None:
            return
        bare = _bare(password)
        words = [_bare(word) for word in user.full_name.split()]
        whole = "".join(words)
        if (len(whole) >= _SHORTEST_WORD and whole in bare) or any(
            len(word) >= _SHORTEST_WORD and word in bare for word in words
        ):
            raise ValidationError(
                _("Mật khẩu không được chứa họ tên. Vui lòng chọn mật khẩu khác."), code="password_has_name"
            )
        citizen = getattr(user, "citizen", None)
        if citizen is None:
            return
        if citizen.birth[:4] in bare:
            raise ValidationError(
                _("Mật khẩu không được chứa năm sinh. Vui lòng chọn mật khẩu khác."),
                code="password_has_birth_year",
            )
        if citizen.number.digits[-_TAIL_OF_NUMBER:] in bare:
            raise ValidationError(
                _("Mật khẩu không được chứa số CCCD/CMND. Vui lòng chọn mật khẩu khác."),
                code="password_has_number",
            )

    def get_help_text(self) -> str:
        """Say the rule in one sentence."""
        return _("Không chứa họ tên, năm sinh hoặc số CCCD/CMND.")


class CommonWordsValidator:
    """Refuses the words that people here put before a few digits; Django's own list is of English ones."""

    _WORDS: Final = frozenset(
        [
            "matkhau",
            "matkhaucuatoi",
            "motcua",
            "dichvucong",
            "vietnam",
            "vietnamquehuongtoi",
            "hanoi",
            "saigon",
            "haiphong",
            "haiduong",
            "danang",
            "anhyeuem",
            "emyeuanh",
            "toiyeuvietnam",
            "yeuem",
            "yeuanh",
            "giadinh",
            "hanhphuc",
            "congdan",
            "cancuoc",
            "nguyen",
            "tranvan",
            "abcd",
            "abcdef",
            "qwerty",
            "qwertyuiop",
            "asdfghjkl",
            "zxcvbnm",
            "iloveyou",
            "password",
            "admin",
        ]
    )

    def validate(self, password: str, user: User | None = None) -> None:
        """Look at the letters alone, without accents.

        Raises:
            ValidationError: they are one of the words.
        """
        if "".join(sign for sign in _bare(password) if sign.isalpha()) in self._WORDS:
            raise ValidationError(
                _("Mật khẩu này rất nhiều người dùng. Vui lòng chọn mật khẩu khác."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        """Return the rule in a sentence."""
        return _("Không dùng từ quen thuộc như “matkhau” kèm vài chữ số.")


class PublishedValidator:
    """Refuses the password that stands in this project's own pages."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Look for it.

        Raises:
            ValidationError: it is one that everybody can read.
        """
        if password.strip().casefold() in PUBLISHED:
            raise ValidationError(
                _("Mật khẩu này đã được công bố trong tài liệu. Vui lòng chọn mật khẩu khác."),
                code="password_published",
            )

    def get_help_text(self) -> str:
        """Return the rule in a sentence."""
        return _("Không dùng mật khẩu của bản dùng thử.")


class LongerWithoutSecondFactorValidator:
    """Asks for a longer password where nothing but the password opens an official's account."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Count.

        Args:
            password: as typed.
            user: its owner; citizens have a shorter least length.

        Raises:
            ValidationError: an official without a second factor, and it is shorter than 14 characters.
        """
        if user is None or getattr(user, "citizen", None) is not None or user.has_second_factor:
            return
        if len(password) < SHORTEST_ALONE:
            raise ValidationError(
                _(
                    "Khi chưa bật xác thực hai bước, mật khẩu cần ít nhất %(length)d ký tự. Vui lòng chọn mật khẩu dài "
                    "hơn, chẳng hạn một cụm vài từ."
                ),
                code="password_short_alone",
                params={"length": SHORTEST_ALONE},
            )

    def get_help_text(self) -> str:
        """Return the rule in a sentence."""
        return _("Khi chưa bật xác thực hai bước, cần ít nhất %d ký tự.") % SHORTEST_ALONE
