"""Reports in which every text is hostile, and a reader that finds what would act."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Literal, get_args, get_origin

import msgspec

MARK = "pwned"
TEXTS = (
    f"<script>document.title='{MARK}'</script>",
    f"</style><img src=x onerror=\"document.title='{MARK}'\">",
    f"\"' onmouseover=document.title='{MARK}' autofocus onfocus=document.title='{MARK}' x='",
    f"--><svg onload=document.title='{MARK}'><!--",
    f"</title><base href=//evil.example/><link rel=stylesheet href=//evil.example/{MARK}>",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066",
    "a\0b\x1b[2Jc\x7f",
    "👩‍👩‍👧‍👦 e\u0301 ﷽ שלום",
    "lone \ud800 surrogate \udfff",
    "x" * 10_000,
    "javascript:alert(1)",
)
_KEPT = re.compile(r"[0-9a-f]{64}|\d{4}-\d\d-\d\dT.*Z")
"""Digests and times: entries bear no others."""
_OURS = {"record", "field", "value", "place", "server", "name", "journal", "head", "taken_at"}
"""Keys that Clew gives itself."""


def hostile(value: Any, text: str, kind: Any = None) -> Any:
    """Return a report in which each text is a hostile one; equal texts stay equal."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(type(value))
        changed = {one.name: hostile(getattr(value, one.name), text, one.type) for one in fields}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, str):
        return value if _chosen(kind) or _KEPT.fullmatch(value) else text + value
    if isinstance(value, Mapping):
        return {k if k in _OURS else hostile(k, text): hostile(v, text) for k, v in value.items()}
    if isinstance(value, tuple | list):
        inner = next(iter(get_args(kind)), None)
        return type(value)(hostile(one, text, inner) for one in value)
    return value


def _chosen(kind: Any) -> bool:
    return get_origin(kind) is Literal


_TAGS = frozenset(
    "html head meta title style body a div header p h1 h2 h3 h4 ul ol li span dl dt dd nav main section"
    " table caption thead tbody tr th td time figure figcaption svg desc defs marker path line g text"
    " circle rect details summary strong em code pre article footer br".split()
)
_ATTRIBUTES = frozenset(
    "lang charset name content http-equiv class href id aria-label aria-labelledby aria-hidden role"
    " tabindex scope datetime open value x y x1 y1 x2 y2 cx cy r rx d width height viewbox transform"
    " text-anchor marker-end refx refy markerwidth markerheight orient".split()
)


class Reader(HTMLParser):
    """Reads a page, and keeps what no page of ours has."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag with its attributes."""
        if tag not in _TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in _ATTRIBUTES or (name == "href" and not (value or "").startswith("#")):
                self.wrong.append(f"{tag} {name}={value}")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that is closed at once, as shapes of drawings are."""
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Hold each end against its beginning."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        """A page has no comments."""
        self.wrong.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All the text of the page."""
        return "".join(self.texts)
