"""The catalogue as one file: JSON of one shape, read strictly and written the same way every time."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from motcua.procedures.comparing import HOUSE
from motcua.procedures.models import (
    CHANNELS,
    NPD_FIELDS,
    Procedure,
    ProcedureCase,
    RequiredDocument,
    TimeUnit,
)
from motcua.procedures.terms import OF_A_CASE, OF_A_DOCUMENT, SAID
from motcua.web.templatetags.motcua import whole

MOST_BYTES: Final = 5 * 1024 * 1024
_MOST_PROBLEMS: Final = 50
_MOST_ROWS: Final = 500
_MOST_NUMBER: Final = 32_000
_MOST_DONG: Final = 2_000_000_000
_LONGEST_TEXT: Final = 20_000
CODE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,19}", re.ASCII)

# How the file calls what a model calls otherwise.
_NAMES: Final = {
    "official_name": "name_official",
    "sector": "field",
    "levels": "levels_all",
    "fees": "fee_vnd",
    "decision": "decision_no",
    "originals": "original",
    "copies": "copy",
    "is_required": "required",
}
# What a file may say of where it comes from; it is read by people and by no program.
_ABOUT_THE_SOURCE: Final = frozenset(
    {
        *("level", "methods", "service_level_basis", "identity_check", "source", "source_alt"),
        *("recall_fields", "notes_on_source"),
    }
)
_NEEDED: Final = ("code", "name", "sector", "agency", "service_level")


class FileRefused(ValueError):
    """Nothing of the file was taken; ``problems`` says where each is wrong: procedure, field, and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class _Wrong(ValueError):
    """A value is not what its field takes; the message is for people."""


def written(descriptions: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the file of a catalogue; the same catalogue gives the same bytes.

    Args:
        descriptions: of the procedures (``comparing.description_of``), in the order of the file.
    """
    rows = []
    for said in descriptions:
        row = {_named(name): said[name] for name in (*SAID, *HOUSE)}
        row["cases"] = [_renamed(OF_A_CASE, case) for case in said["cases"]]
        row["documents"] = [_renamed(("case", *OF_A_DOCUMENT), document) for document in said["documents"]]
        rows.append(row)
    return (json.dumps({"procedures": rows}, ensure_ascii=False, indent=1) + "\n").encode()


def _named(name: str) -> str:
    return _NAMES.get(name, name)


def _renamed(names: Iterable[str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {_named(name): row[name] for name in names}


def read(content: bytes) -> list[dict[str, Any]]:
    """Read a catalogue's file: every value is of its kind and length, texts are composed (NFC).

    Args:
        content: the file.

    Returns:
        What it says of each procedure by the names of the model; a field that is not in the file is not there, and
        ``cases`` and ``documents`` come together or not at all.

    Raises:
        FileRefused: it is too large, no such file, or wrong in any place.
    """
    rows = _rows(content)
    problems: list[str] = []
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place, row in enumerate(rows, start=1):
        code = row.get("code") if isinstance(row, dict) else None
        named = code if isinstance(code, str) and CODE.fullmatch(code) else None
        where = _("Thủ tục %(code)s") % {"code": named} if named else _("Thủ tục thứ %(n)s") % {"n": place}
        if named is None:
            problems.append(f"{where}: " + _("code: vui lòng ghi mã thủ tục, ví dụ 1.001193."))
        elif named in seen:
            problems.append(f"{where}: " + _("code: mã này có nhiều hơn một lần trong tệp."))
        seen.add(named or "")
        if isinstance(row, dict):
            entry, wrong = _procedure(row)
            problems += [f"{where}: {one}" for one in wrong]
            found.append(entry)
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise FileRefused(problems[:_MOST_PROBLEMS])
    return found


def too_large() -> str:
    """Return what is said of a file of more than ``MOST_BYTES``."""
    text = _(
        "Tệp lớn hơn %(n)s MB. Vui lòng chia thành nhiều tệp: thủ tục không có trong tệp được giữ nguyên."
    )
    return text % {"n": MOST_BYTES // (1024 * 1024)}


def _rows(content: bytes) -> list[Any]:
    if len(content) > MOST_BYTES:
        raise FileRefused([too_large()])
    try:
        said = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError):
        raise FileRefused([_("Tệp không đúng dạng JSON (UTF-8), hoặc có mục ghi hai lần.")]) from None
    if not isinstance(said, dict) or not isinstance(said.get("procedures"), list):
        raise FileRefused([_("Tệp phải là một đối tượng JSON có danh sách “procedures”.")])
    if unknown := sorted(said.keys() - {"procedures", "meta"}):
        raise FileRefused([_("Mục không có trong mẫu: %(names)s.") % {"names": _listed(unknown)}])
    if not said["procedures"]:
        raise FileRefused([_("Tệp không có thủ tục nào.")])
    return list(said["procedures"])


def _once(said: list[tuple[str, Any]]) -> dict[str, Any]:
    once = dict(said)
    if len(once) != len(said):
        raise ValueError("a name twice")
    return once


def _refuse(number: str) -> Any:
    raise ValueError("no number of a catalogue is a fraction, endless or none")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name[:40].encode(errors="replace").decode() for name in list(names)[:10])


def _procedure(row: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    known = _fields(Procedure, (*SAID, *HOUSE))
    entry, problems = _checked(row, known, allowed=_ABOUT_THE_SOURCE | {"cases", "documents"})
    for name in _NEEDED:
        if _named(name) not in row:
            problems.append(_("%(field)s: chưa có.") % {"field": _named(name)})
    problems += _time_problems(entry, row)
    if "documents" in row:
        entry["cases"], wrong = _list(row.get("cases", []), "cases", ProcedureCase, OF_A_CASE)
        entry["documents"], wrong_too = _list(
            row["documents"], "documents", RequiredDocument, ("case", *OF_A_DOCUMENT)
        )
        problems += wrong + wrong_too
        if not problems:
            problems += _case_problems(entry)
    elif "cases" in row:
        problems.append(_("cases: phải đi cùng “documents”."))
    return entry, problems


def _list(
    rows: Any, where: str, model: type[ProcedureCase | RequiredDocument], names: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[str]]:
    if not isinstance(rows, list) or len(rows) > _MOST_ROWS:
        return [], [
            _("%(field)s: phải là danh sách, không quá %(n)s dòng.") % {"field": where, "n": _MOST_ROWS}
        ]
    found, problems = [], []
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problems.append(_("%(field)s, dòng %(n)s: phải là đối tượng.") % {"field": where, "n": place})
            continue
        entry, wrong = _checked(row, _fields(model, names))
        if "name" not in row:
            wrong.append(_("%(field)s: chưa có.") % {"field": "name"})
        entry = {name: _default(model, name) for name in names} | entry
        problems += [f"{where}[{place}] {one}" for one in (*wrong, *_time_problems(entry, row))]
        found.append(entry)
    return found, problems


def _default(model: type[ProcedureCase | RequiredDocument], name: str) -> Any:
    return "" if name == "case" else model._meta.get_field(name).get_default()  # type: ignore[union-attr]


def _time_problems(entry: dict[str, Any], row: dict[str, Any]) -> list[str]:
    if entry.get("time_limit") is not None and row.get("time_unit") in (None, ""):
        return [_("time_unit: có thời hạn thì phải có đơn vị (ngày làm việc, ngày, giờ, trong ngày).")]
    is_readable = "time_limit" in entry or "time_limit" not in row
    if entry.get("time_unit") == TimeUnit.SAME_DAY and is_readable and entry.get("time_limit") != 1:
        return [_("time_limit: “trong ngày” thì ghi 1.")]
    if is_readable and entry.get("time_limit", 0) is None and (entry.get("time_unit") or entry.get("times")):
        return [_("time_limit: vui lòng ghi thời hạn, hoặc bỏ cả time_unit và times.")]
    return []


def _case_problems(entry: dict[str, Any]) -> list[str]:
    names = [case["name"] for case in entry["cases"]]
    if len(set(names)) < len(names):
        return [_("cases: hai trường hợp cùng tên.")]
    unknown = {document["case"] for document in entry["documents"]} - {"", *names}
    return [
        _("documents: giấy tờ của trường hợp “%(name)s” không có trong cases.") % {"name": name}
        for name in sorted(unknown)
    ]


_Check = Callable[[Any], Any]


def _checked(
    row: dict[str, Any], known: dict[str, tuple[str, _Check]], allowed: Iterable[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Return the fields of a row by their names in the model, and what is wrong with the others."""
    entry, problems = {}, []
    if unknown := sorted(row.keys() - known.keys() - set(allowed)):
        problems.append(_("mục không có trong mẫu: %(names)s.") % {"names": _listed(unknown)})
    for name, (attribute, check) in known.items():
        if name in row:
            try:
                entry[attribute] = check(row[name])
            except _Wrong as wrong:
                problems.append(f"{name}: {wrong}")
    return entry, problems


def _fields(model: Any, names: Iterable[str]) -> dict[str, tuple[str, _Check]]:
    return {_named(name): (name, _check_of(model, name)) for name in names}


def _check_of(model: Any, name: str) -> _Check:
    """Return what reads a field's value from the file; it raises ``_Wrong``."""
    if name in _OWN:
        return _OWN[name] if (model, name) != (ProcedureCase, "fees") else _some_fees
    if name == "case":
        return _text(ProcedureCase._meta.get_field("name").max_length or 0, may_be_empty=True)
    field = model._meta.get_field(name)
    kind = field.get_internal_type()
    if kind == "BooleanField":
        return _boolean
    if kind == "PositiveSmallIntegerField":
        return _number if not field.null else _number_or_none
    if field.flatchoices:
        return _choice([value for value, _label in field.flatchoices], may_be_empty=field.blank)
    if kind == "JSONField":
        return _texts
    return _text(field.max_length or _LONGEST_TEXT, may_be_empty=field.blank)


def _text(longest: int, *, may_be_empty: bool) -> _Check:
    def check(value: Any) -> str:
        if value is None and may_be_empty:
            return ""
        if not isinstance(value, str):
            raise _Wrong(_("phải là chữ."))
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
            raise _Wrong(_("có ký tự điều khiển."))
        if not text and not may_be_empty:
            raise _Wrong(_("chưa có."))
        if len(text) > longest:
            raise _Wrong(_("dài hơn %(n)s ký tự.") % {"n": whole(longest)})
        return text

    return check


def _choice(values: list[str], *, may_be_empty: bool) -> _Check:
    def check(value: Any) -> str:
        if value in (None, "") and may_be_empty:
            return ""
        if not isinstance(value, str) or value not in values:
            raise _Wrong(_("phải là một trong: %(values)s.") % {"values": ", ".join(values)})
        return value

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(_("phải là true hoặc false."))
    return value


def _whole(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _Wrong(_("phải là số nguyên từ 0 đến %(n)s.") % {"n": whole(most)})
    return value


def _number(value: Any) -> int:
    return _whole(value, _MOST_NUMBER)


def _number_or_none(value: Any) -> int | None:
    return None if value is None else _number(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST_ROWS:
        raise _Wrong(_("phải là danh sách chữ."))
    return [_text(300, may_be_empty=False)(one) for one in value]


def _by_channel(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(_("phải là đối tượng theo kênh: %(names)s.") % {"names": ", ".join(CHANNELS)})
    if unknown := sorted(value.keys() - CHANNELS.keys()):
        raise _Wrong(_("không có kênh %(names)s.") % {"names": _listed(unknown)})
    return value


def _times(value: Any) -> dict[str, int]:
    said = _by_channel(value)
    return {channel: _number(said[channel]) for channel in CHANNELS if channel in said}


def _some_fees(value: Any) -> dict[str, int | None]:
    said = _by_channel(value)
    return {
        channel: None if said[channel] is None else _whole(said[channel], _MOST_DONG)
        for channel in CHANNELS
        if channel in said
    }


def _all_fees(value: Any) -> dict[str, int | None]:
    return dict.fromkeys(CHANNELS) | _some_fees(value)


def _results(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or len(value) > _MOST_ROWS:
        raise _Wrong(_("phải là danh sách kết quả."))
    found = []
    for one in value:
        if not isinstance(one, dict) or one.keys() - {"name", "code"} or "name" not in one:
            raise _Wrong(_("mỗi kết quả có name và code."))
        name = _text(1000, may_be_empty=False)(one["name"])
        found.append({"name": name, "code": _text(40, may_be_empty=True)(one.get("code"))})
    return found


def _npd_fields(value: Any) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(one, str) or one not in NPD_FIELDS for one in value):
        raise _Wrong(_("chỉ gồm: %(names)s.") % {"names": ", ".join(NPD_FIELDS)})
    return [name for name in NPD_FIELDS if name in value]


_OWN: Final[dict[str, _Check]] = {
    "times": _times,
    "fees": _all_fees,
    "results": _results,
    "npd_fields": _npd_fields,
    "time_unit": _choice(TimeUnit.values, may_be_empty=True),
}
