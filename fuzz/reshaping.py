"""Mutations that know XML and JSON: the result is well-formed, so it reaches the rules behind the parser."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

from lxml import etree

_NAMESPACES = (None, "http://dancuquocgia.bca", "http://www.mic.gov.vn/dancu/1.0", "urn:x",
               "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")  # fmt: skip
_TEXTS = (
    "", " ", "0", "1", "2", "true", "TRUE", "-1", "999085000001", "001085000000", "999000001", "٣", "x" * 501,
    "９９９０８５０００００１", "1985", "19850307", "1985-03-07", "19850000", "00000000", "20260230", "Nguyễn Văn An",
    "Nguyá»…n", "\u202e", "\u200b", "\ufffd", "a\u0301\u0300", "Đ", "Ð", "]]>", "<CongDan/>", "&lt;", "\u2028",
)  # fmt: skip
_MOST_PLACES = 2000  # a hundred of a hundred of a hundred is no case but the machine's whole memory


def reshape_xml(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Change one to four elements; unreadable `data` comes back as it is, `other` gives elements to graft."""
    try:
        root, donor = etree.fromstring(data), etree.fromstring(other)
    except (etree.XMLSyntaxError, ValueError):
        return data
    for _ in range(chance.choice((1, 1, 2, 4))):
        elements = list(root.iter("*"))
        if len(elements) > _MOST_PLACES:
            break
        element = chance.choice(elements)
        parent = element.getparent()
        match chance.randrange(8):
            case 0 if parent is not None:
                parent.remove(element)
            case 1 if parent is not None:
                for _ in range(chance.choice((1, 1, 5, 100))):
                    parent.insert(chance.randint(0, len(parent)), deepcopy(element))
            case 2:
                element.append(deepcopy(chance.choice(list(donor.iter("*")))))
            case 3:
                element.text = chance.choice(_TEXTS)
            case 4:
                element.tail = chance.choice(_TEXTS)
            case 5:
                element.tag = etree.QName(chance.choice(_NAMESPACES), etree.QName(element).localname).text
            case 6:
                name = etree.QName(chance.choice(list(donor.iter("*")))).localname
                element.tag = etree.QName(etree.QName(element).namespace, name).text
            case _:
                element.set(chance.choice(("SoCongDan", "id", "a")), chance.choice(_TEXTS))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=chance.random() < 0.3)


def reshape_json(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Change one to four values; unreadable `data` comes back as it is, `other` gives values to graft."""
    try:
        root, donor = json.loads(data), json.loads(other)
    except (ValueError, RecursionError):
        return data
    if not isinstance(root, dict) or not isinstance(donor, dict) or not donor:
        return data
    odd: tuple[Any, ...] = (*_TEXTS, None, True, False, 0, 1, 2.5, 10**40, [], {}, [[]], "\ud800")
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = _places(root)
        if not 0 < len(places) <= _MOST_PLACES:
            break
        holder, name = chance.choice(places)
        match chance.randrange(6):
            case 0:
                del holder[name]
            case 1:
                holder[name] = [holder[name]] * chance.choice((1, 2, 100))
            case 2:
                given, taken = chance.choice(_places(donor))
                holder[name] = deepcopy(given[taken])
            case 3 if isinstance(holder, dict):
                given, taken = chance.choice(_places(donor))
                holder[str(taken)] = deepcopy(given[taken])
            case 4 if isinstance(holder, dict):
                holder[chance.choice(("Fault", "Body", "errorCode", "xmlns:a", "@id", "unknown"))] = holder[
                    name
                ]
            case _:
                holder[name] = deepcopy(chance.choice(odd))  # put into itself it would have no end
    return json.dumps(root, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return the places of a tree as (what holds it, name or index); of a tree beyond bounds, some more than bounds."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting and len(found) <= _MOST_PLACES:
        holder = waiting.pop()
        inner = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for name, one in inner:
            found.append((holder, name))
            if isinstance(one, dict | list):
                waiting.append(one)
    return found
