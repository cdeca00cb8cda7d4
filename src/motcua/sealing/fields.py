"""A text that stands sealed in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from motcua.sealing import BrokenSeal, is_sealed_newly, key_id_of, keyring, seal, unseal


class Sealed:
    """A text as it came from the database, opened when it is looked at; it equals its text."""

    __slots__ = ("_text", "raw", "use")

    def __init__(self, use: str, raw: bytes) -> None:
        self.use = use
        self.raw = raw
        self._text: str | None = None

    def __str__(self) -> str:
        if self._text is None:
            self._text = unseal(self.use, self.raw)
        return self._text

    def __repr__(self) -> str:
        return f"Sealed({self.use})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Sealed | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def opens(value: Sealed) -> bool:
    """Say whether a value can be read with the keys that are here."""
    try:
        str(value)
    except BrokenSeal:
        return False
    return True


def lost_key(value: Sealed) -> str | None:
    """Return the id of the key with which a value was sealed if that key is not here any more, and None otherwise."""
    if opens(value):
        return None
    key_id = key_id_of(value.raw)
    return key_id if key_id and keyring.find(key_id) is None else None


class _OpenedWhenRead(DeferredAttribute):
    """Gives a row's text; the row keeps the sealed value: what nobody reads costs nothing and stays as it is."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return str(value) if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = "" if value is None else value


if TYPE_CHECKING:
    _TextField = models.Field[str | None, str]
else:
    _TextField = models.Field


class SealedTextField(_TextField):
    """A text that is a ``str`` in Python and AES-256-GCM in the database; the empty text is no value at all.

    With ``null`` only the database has None, which django-stubs cannot know: hence ``type: ignore[misc]`` at such ones.

    It is opened when it is read from a row, and then raises ``BrokenSeal`` where its key is gone. ``values()`` and
    ``values_list()`` give a ``Sealed``, whose ``str()`` does the same. Nothing can be searched by it: keep a keyed
    digest beside it.
    """

    descriptor_class = _OpenedWhenRead

    def __init__(self, *args: Any, use: str, **options: Any) -> None:
        """Args: ``use`` is what the text is, as in ``seal``; all else as for any field."""
        self.use = use
        super().__init__(*args, **options)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def deconstruct(self) -> Any:
        """Write the use into migrations."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "use": self.use}

    def get_internal_type(self) -> str:
        """Be stored as bytes."""
        return "BinaryField"

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse to compare: every sealing of one text looks different."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed and cannot be searched: search by a keyed digest of it")
        return super().get_lookup(lookup_name)

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> str | Sealed:
        """Return what a row keeps."""
        return Sealed(self.use, bytes(value)) if value else ""

    def to_python(self, value: Any) -> Any:
        """Return a text."""
        return "" if value is None else str(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return what the row keeps, unopened."""
        return model_instance.__dict__[self.attname]

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Seal a text; what was read and not changed stays as it is, unless its key is not the newest any more."""
        if isinstance(value, Sealed):
            return connection.Database.Binary(self._kept(value))
        if value is None or value in (b"", ""):
            return None if self.null else connection.Database.Binary(b"")
        return connection.Database.Binary(seal(self.use, str(value)))

    def _kept(self, value: Sealed) -> bytes:
        if value.use == self.use and is_sealed_newly(value.raw):
            return value.raw
        try:
            return seal(self.use, str(value))
        except BrokenSeal:
            return value.raw

    def formfield(self, **options: Any) -> Any:
        """Be typed as one line."""
        return super().formfield(**{"max_length": self.max_length, **options})
