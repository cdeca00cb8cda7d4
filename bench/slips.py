"""How long a slip and a register take, and how much memory the processes hold that set them."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

_NOW: Final = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
_SLIPS: Final = 200
_PART: Final = 1_000  # lines: slips.book.LINES, which needs the whole product
_BOOKS: Final = (1_000, 10_000)


def measured(*, slips: int = _SLIPS, books: tuple[int, ...] = _BOOKS) -> dict[str, Any]:
    """Return the milliseconds of a slip, what its process holds at most, and the seconds of registers.

    Args:
        slips: how many.
        books: the lines of each register.
    """
    found = _slips(slips)
    for lines in books:
        found |= {f"book_{lines}_{name}": value for name, value in _book(lines).items()}
    return found


def _slips(count: int) -> dict[str, Any]:
    from motcua.slips.typesetting import typeset

    taken = []
    before = _processor_ms()
    for number in range(count):
        began = time.perf_counter()
        pdf = typeset("01", _receipt(number), now=_NOW)
        taken.append((time.perf_counter() - began) * 1000)
    return {
        "slip_first_ms": round(taken[0], 1),
        "slip_p50_ms": round(median(taken), 1),
        "slip_p99_ms": round(sorted(taken)[int(len(taken) * 0.99)], 1),
        "slip_cpu_ms": round((_processor_ms() - before) / count, 1),
        "slip_kb": len(pdf) // 1024,
        "slip_process_peak_mb": _peak("01", _receipt(0)),
    }


def _book(lines: int) -> dict[str, Any]:
    """Set a book as the product does, in parts."""
    from motcua.slips.typesetting import typeset

    parts = [_part(start, min(start + _PART, lines)) for start in range(0, lines, _PART)]
    began = time.perf_counter()
    size = sum(len(typeset("07", part, now=_NOW)) for part in parts)
    taken = time.perf_counter() - began
    return {
        "seconds": round(taken, 2),
        "mb": round(size / 1e6, 1),
        "part_peak_mb": max(_peak("07", part) for part in parts[:1]),
    }


def _part(start: int, end: int) -> dict[str, Any]:
    rows = [_line(number) for number in range(start, end)]
    return {
        **_head("07", "Sổ theo dõi hồ sơ", "Năm 2026"),
        "period": "Năm 2026",
        "part": f"từ số {start + 1} đến số {end}",
        "count": len(rows),
        "rows": rows,
    }


def _processor_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def _peak(form: str, facts: dict[str, Any]) -> int:
    """Return the MB that the process of one file holds at most."""
    asked = json.dumps({"form": form, "facts": facts, "at": _NOW.isoformat()}).encode()
    done = subprocess.run([sys.executable, "-c", _WITH_PEAK], input=asked, capture_output=True, check=True)
    return int(done.stderr.split()[-1]) // 1024


_WITH_PEAK: Final = (
    "import resource, sys; from motcua.slips.typesetting import _main; _main(); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def _receipt(number: int) -> dict[str, Any]:
    from motcua.slips.codes import bar_code, qr_code

    code = f"000.00.01.H23-261123-{number:04}"
    bars, width = bar_code(code)
    words = "Số 9 phố Thử Nghiệm, phường Mẫu A"
    return {
        **_head("01", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", code),
        "code": code,
        "tracking": "https://dichvucong.example/tra-cuu/",
        "bars_svg": bars,
        "bars": width,
        "tracking_svg": qr_code(f"https://dichvucong.example/tra-cuu/?ma={code}"),
        "proof": "3PB2-1FRF-C55E",
        "proof_svg": qr_code("https://dichvucong.example/xac-minh/?ma=3PB2-1FRF-C55E"),
        "is_verified": True,
        "verified_at": "08:31 23/11/2026",
        "by_hand": "",
        "is_extracted": True,
        "filer": {
            "name": f"Nguyễn Thị Thử {number}",
            "birth": "07/03/1985",
            "sex": "Nữ",
            "number": "999******001",
            "address": words,
            "phone": "0912345678",
            "email": "thu@vidu.vn",
            "marks": {"name": True, "birth": True, "number": True, "sex": True, "address": True},
        },
        "owner": None,
        "procedure": "Đăng ký khai sinh (1.001193)",
        "case": "",
        "channel": "Trực tiếp",
        "documents": [
            {"name": f"Giấy tờ thứ {place} của hồ sơ {number}", "originals": "1", "copies": "2", "files": ""}
            for place in range(6)
        ],
        "received": "08 giờ 31 phút, ngày 23/11/2026",
        "due": "17 giờ 00 phút, ngày 25/11/2026",
        "term": "2 ngày làm việc",
        "fee": "miễn phí",
        "collecting": "Nhận tại quầy",
        "officer": "Bùi Thị Lan",
    }


def _head(form: str, title: str, subject: str) -> dict[str, Any]:
    office = "Bộ phận Một cửa phường Mẫu A"
    return {
        "form": form,
        "title": title,
        "subject": subject,
        "office": office,
        "office_head": office.upper(),
        "unit_head": "ỦY BAN NHÂN DÂN PHƯỜNG MẪU A",
        "dated": "Phường Mẫu A, ngày 23 tháng 11 năm 2026",
        "phone": "0900 000 101",
    }


def _line(number: int) -> list[str]:
    moment = "08:31 23/11/2026"
    return [
        *(f"{number + 1:02}", f"000.00.01.H23-261123-{number % 10_000:04}", "Đăng ký khai sinh", "01"),
        *(f"Nguyễn Thị Thử {number}", f"Số {number} phố Thử Nghiệm, phường Mẫu A", "0912345678"),
        *(moment, moment, moment, moment, "Lê Văn Nhận", ""),
    ]
