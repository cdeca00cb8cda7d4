"""What reaches a view behind a guard of ``access``."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from motcua.accounts.models import User


class UserRequest(HttpRequest):
    """Of somebody who is logged in, with what htmx's middleware adds."""

    user: User
    htmx: HtmxDetails


class CitizenRequest(UserRequest):
    """Behind ``citizen_required``."""


class OfficialRequest(UserRequest):
    """Behind every other guard."""
