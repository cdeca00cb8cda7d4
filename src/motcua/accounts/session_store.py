"""Sessions in the database, as Django keeps them; every page begins with reading one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

from motcua.web.statements import adapted, planned_once


class SessionStore(db.SessionStore):
    """Django's own. What it reads it reads in plain SQL: the ORM took most of the time of looking up one row."""

    def _get_session_from_db(self) -> Any:
        """Return the session's row while it lasts; None, and no key any more, when there is none."""
        model, key = self.get_model_class(), self.session_key
        with planned_once(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
                [key, adapted(timezone.now())],
            )
            row = cursor.fetchone()
        if row is None or key is None:
            self._session_key = None
            return None
        return model(session_key=key, session_data=row[0])
