"""Who logs in: officers by their word, citizens by number or e-mail."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.backends import ModelBackend
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Upper
from django.http import HttpRequest

from motcua.accounts.models import User, citizen_login
from motcua.accounts.passwords import is_right
from motcua.identity.numbers import NumberRefused, parse_number
from motcua.web.statements import Kept

_WITH_NEIGHBORS: Final = Kept(lambda pk: User.objects.select_related("office", "citizen").filter(pk=pk))


def find_user(word: str) -> User | None:
    """Find who is meant by what was typed in the log-in form.

    Args:
        word: a citizen's number or e-mail, or the log-in word of an officer or administrator.

    Returns:
        The user, None when there is none; of several accounts with one e-mail the one that had it first.
    """
    word = User.normalize_username(word.strip())  # as it was kept, however a keyboard composes it
    if "@" in word:
        return having_e_mail(word).first()
    try:
        login = citizen_login(parse_number(word))
    except NumberRefused:
        return User.objects.exclude(role=User.Role.CITIZEN).filter(login=word).first()
    return User.objects.filter(login=login).first()


def having_e_mail(email: str) -> QuerySet[User]:
    """Return the citizens with an e-mail, first who had it first: who writes it down later takes no log-in away."""
    # In the words of the index: iexact would look at every account.
    having = User.objects.alias(upper=Upper("email")).filter(upper=Upper(Value(email)))
    first = F("email_since").asc(nulls_first=True)  # none: had it before this was kept
    return having.filter(role=User.Role.CITIZEN, is_active=True).order_by(first, "pk")


class NumberOrEmailBackend(ModelBackend):
    """Django's own backend, with our way to find the user and the same work for users who do not exist."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user whose password this is, None otherwise."""
        if username is None or password is None:
            return None
        user = find_user(username)
        return user if is_right(user, password) else None

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session together with office or citizen, which nearly every page needs: one query."""
        user = _WITH_NEIGHBORS.first(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
