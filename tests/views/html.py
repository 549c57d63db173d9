"""HTML taken apart by a real parser, and held against what JupyterLab lets through where an output is not trusted."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import html5lib

from llm_kernel.events import Display

__all__ = ["HOSTILE", "check", "names", "parse", "words"]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</pre></td></table></div><h1>out",
    "javascript:alert(1)",
    "x; background: url(http://198.51.100.7/a.png)",
    '" style="position:fixed" x="',
    "<style>*{display:none}</style>",
    "<!-- <![CDATA[ ]]> -->",
    "&lt;b&gt; &#60;b&#62;",
    "a\x1b[2J\x1b]0;title\x07\r\x08b\x00",
    "safe\u202egpj.exe\u2066\u200b",
    "{{7*7}} ${7*7} <% 7*7 %>",
)

TAGS = frozenset("bdi br code details div meter pre span summary table tbody td th thead tr".split())
"""Elements that the views use; each is in JupyterLab's list of those that stay."""

ATTRIBUTES = {"meter": {"style", "min", "max", "value"}, "details": {"style", "open"}}
"""What may stand on an element beside ``style``; each is let through."""

_COLOR = r"(?:rgb\(\d{1,3}, \d{1,3}, \d{1,3}\)|rgba\(\d{1,3}, \d{1,3}, \d{1,3}, (?:1|0(?:\.\d+)?)\))"
_LENGTH = r"(?:0|\d+(?:\.\d+)?(?:px|em|%))"
STYLES = {
    "background-color": _COLOR,
    "border": rf"{_LENGTH} solid {_COLOR}",
    "border-collapse": "collapse",
    "border-radius": _LENGTH,
    "color": _COLOR,
    "font-size": _LENGTH,
    "font-weight": "bold|normal",
    "margin": rf"{_LENGTH}(?: {_LENGTH}){{0,3}}",
    "max-width": _LENGTH,
    "opacity": r"0\.\d+",
    "overflow-wrap": "break-word",
    "padding": rf"{_LENGTH}(?: {_LENGTH}){{0,3}}",
    "text-align": "left|right",
    "vertical-align": "top|middle",
    "white-space": "pre-wrap|nowrap|pre",
    "width": _LENGTH,
}
"""Properties and values that JupyterLab's patterns let through, no wider than the views need."""

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(view: Display) -> Element:
    """The view's HTML as a browser reads it."""
    found: Element = html5lib.parseFragment(view.data["text/html"], namespaceHTMLElements=False)
    return found


def names(view: Display) -> set[str]:
    """The elements of a view."""
    return {str(one.tag) for one in parse(view).iter()} - {"DOCUMENT_FRAGMENT"}


def words(view: Display) -> str:
    """What somebody reads in the HTML."""
    return "".join(parse(view).itertext())


def check(view: Display) -> None:
    """Nothing in the HTML is more than text in our own elements, and nothing in either form is hidden."""
    for element in parse(view).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in TAGS, element.tag
        assert set(element.attrib) <= ATTRIBUTES.get(str(element.tag), {"style"}), element.attrib
        for rule in filter(None, (element.attrib.get("style") or "").split("; ")):
            name, _, value = rule.partition(": ")
            assert re.fullmatch(STYLES[name], value), rule
        for name in ("min", "max", "value"):
            assert re.fullmatch(r"\d+|None", str(element.attrib.get(name))), element.attrib
    plain, html = view.data["text/plain"], view.data["text/html"]
    assert not _HIDDEN.search(plain), _HIDDEN.search(plain)
    assert not _HIDDEN.search(html), _HIDDEN.search(html)
    html.encode()
    plain.encode()
