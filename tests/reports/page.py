"""An HTML document taken apart strictly: every element closed, every id once."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input", "source", "wbr", "area", "base", "col", "embed", "track"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)
    position: int = 0

    def all(self, tag: str) -> list[Element]:
        found = [self] if self.tag == tag else []
        return found + [e for c in self.children if isinstance(c, Element) for e in c.all(tag)]

    @property
    def everything(self) -> list[Element]:
        return [self] + [e for c in self.children if isinstance(c, Element) for e in c.everything]

    @property
    def text(self) -> str:
        return " ".join("".join(c if isinstance(c, str) else c.text for c in self.children).split())

    def has_class(self, name: str) -> bool:
        return name in (self.attributes.get("class") or "").split()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self.open = [self.root]
        self.count = 0
        self.declaration = ""

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"an attribute of {tag} stands twice"
        self.count += 1
        element = Element(tag, dict(attrs), position=self.count)
        self.open[-1].children.append(element)
        return element

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    """The document; an assertion fails where elements do not nest."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.declaration.lower() == "doctype html"
    assert builder.open == [builder.root], f"<{builder.open[-1].tag}> is never closed"
    return builder.root
