"""The report as a page: opened from disk, whole in one file, loading nothing; for people, in Vietnamese."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from motcua.population.conformance.scenario import Result

_STYLE = """
:root{--ink:#1b1f24;--muted:#57606a;--line:#d9d5cc;--wash:#f7f5f0;--paper:#fff;--brand:#a61b1b;--gold:#f2b705;
--good:#146c43;--good-wash:#e6f4ec;--bad:#9b1c1c;--bad-wash:#fdecec;--link:#0b57d0;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#f1efe9;--muted:#b8bec6;--line:#454b54;--wash:#20242a;--paper:#15181c;
--brand:#ff8f8f;--good:#7fd6a8;--good-wash:#12301f;--bad:#ffaba8;--bad-wash:#3b1717;--link:#8ab4ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/24px "Be Vietnam Pro",system-ui,sans-serif}
header{border-top:4px solid var(--brand);border-bottom:3px solid var(--gold);background:var(--wash)}
header>div,main{max-width:1200px;margin:0 auto;padding:16px}
h1{font-size:28px;line-height:40px;margin:8px 0}
h2{font-size:20px;line-height:28px;margin:32px 0 8px}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
dl{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 16px;margin:16px 0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.state{border-radius:6px;padding:12px 16px;font-weight:600}
.good{background:var(--good-wash);color:var(--good)}
.bad{background:var(--bad-wash);color:var(--bad)}
.table{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:21px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding:0 0 8px}
th,td{text-align:left;vertical-align:top;padding:8px;border-bottom:1px solid var(--line);font-weight:400;
overflow-wrap:anywhere;min-width:104px}
thead th{font-weight:600;background:var(--wash)}
td.ms{text-align:right;min-width:64px;color:var(--muted)}
td.came{white-space:nowrap;font-weight:600}
td.pass{color:var(--good)}
td.fail{color:var(--bad)}
footer{color:var(--muted);max-width:1200px;margin:0 auto;padding:16px}
@media print{.table{overflow:visible}}
"""


def page(facts: Mapping[str, Any], results: Sequence[Result]) -> str:
    """Return the report as HTML.

    Args:
        facts: label and text of each line of the head, in order.
        results: what came of every scenario, those of one group together.
    """
    failed = [result for result in results if not result.passed]
    state = (
        f"✔ Đạt: cả {len(results)} tình huống cho kết quả như mong đợi."
        if not failed
        else f"✘ Chưa đạt: {len(failed)} trong {len(results)} tình huống cho kết quả khác mong đợi. "
        "Vui lòng xem bảng đầu tiên bên dưới."
    )
    head = "".join(f"<dt>{escape(label)}</dt><dd>{escape(str(text))}</dd>" for label, text in facts.items())
    groups = [(title, list(members)) for title, members in groupby(results, key=lambda result: result.group)]
    tables = [_table(0, "Tình huống chưa đạt", failed)] if failed else []
    tables += [_table(place, title, members) for place, (title, members) in enumerate(groups, 1)]
    contents = "".join(
        f'<li><a href="#nhom-{place}">{escape(title)}</a>: {_count(members)}</li>'
        for place, (title, members) in enumerate(groups, 1)
    )
    allowed = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{allowed}'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Báo cáo tương thích đường kết nối dân cư</title><style>{_STYLE}</style></head><body>"
        "<header><div><h1>Báo cáo tương thích đường kết nối dân cư</h1>"
        "<p>Máy chủ có nói đúng như các phần mềm đã biết cần nghe không, và phần mềm Một Cửa có hiểu đúng mọi câu "
        "trả lời và mọi trục trặc không.</p></div></header><main>"
        f'<p class="state {"bad" if failed else "good"}">{escape(state)}</p><dl>{head}</dl>'
        f'<nav aria-label="Các nhóm"><h2>Các nhóm tình huống</h2><ul>{contents}</ul></nav>'
        f"{''.join(tables)}</main>"
        "<footer><p>Báo cáo do phần mềm tự lập với người giả định; không phải chứng nhận của cơ quan quản lý Cơ sở dữ "
        "liệu quốc gia về dân cư. Kiểm tra chữ ký: <code>motcua npd conformance --verify</code> và tên thư mục này."
        "</p></footer></body></html>\n"
    )


def _count(members: Sequence[Result]) -> str:
    return f"{sum(result.passed for result in members)}/{len(members)} đạt"


def _table(place: int, title: str, members: Sequence[Result]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(result.name)}</th><td>{escape(result.expected)}</td>'
        f"<td>{escape(result.observed)}</td>"
        f'<td class="came {"pass" if result.passed else "fail"}">{"✔ Đạt" if result.passed else "✘ Chưa đạt"}</td>'
        f'<td class="ms">{result.ms}</td></tr>'
        for result in members
    )
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("Tình huống", "Mong đợi", "Thấy", "Kết quả", "ms")
    )
    return (
        f'<h2 id="nhom-{place}">{escape(title)}</h2>'
        f'<div class="table" role="region" aria-labelledby="nhom-{place}" tabindex="0"><table>'
        f"<caption>{_count(members)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
