"""A reply becomes a closed tree of blocks and harmless HTML, whatever a model writes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.conversations import blocks
from services.conversations.blocks import Node, parse_markdown, render_html

BLOCKS = {"p", "heading", "list", "table", "code"}
SPANS = {"text", "strong", "em", "code"}
TAGS = {"p", "h3", "ul", "ol", "li", "table", "tr", "td", "code", "strong", "em"}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <b onclick=evil()>b</b>",
    "<!-- x --><iframe src='http://evil'></iframe>",
    "![pixel](https://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "[click](https://evil.example 'title')",
    "<https://evil.example>",
    "https://evil.example",
    "[a]: https://evil.example\n\n[a]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    "| <script> | b |\n|---|---|\n| <img src=x> | [x](data:text/html,y) |",
    "- <script>\n  - [x](vbscript:y)\n",
    "# <style>*{}</style>",
    "> <object data=x>",
    '**[x](https://evil.example "onmouseover=")**',
    "\\<script>",
]


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[Any] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")


def check_html(markdown: str) -> Reader:
    reader = Reader(render_html(parse_markdown(markdown)))
    assert reader.tags <= TAGS
    assert reader.attributes == []
    assert reader.open == []
    return reader


def check_tree(nodes: list[Node], allowed: set[str] = BLOCKS) -> None:
    for node in nodes:
        assert node["type"] in allowed
        match node["type"]:
            case "list":
                for item in node["items"]:
                    check_tree(item)
            case "table":
                for row in node["rows"]:
                    for cell in row:
                        check_tree(cell, SPANS)
            case "text" | "code":
                assert set(node) == {"type", "text"}
            case _:
                check_tree(node["children"], SPANS)


@pytest.mark.parametrize("markdown", HOSTILE)
def test_hostile_markdown_is_only_words(markdown: str) -> None:
    check_tree(parse_markdown(markdown))
    html = render_html(parse_markdown(markdown))
    check_html(markdown)
    assert not re.search(r"<\s*(script|img|a|iframe|object|style)\b", html)


MARKDOWN = st.text(alphabet=st.sampled_from("ab <>[]()!*_`#-|:\n\"'&;/\\1.~"), max_size=80)


@given(st.one_of(MARKDOWN, st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map("\n".join)))
@settings(deadline=None, max_examples=200)
def test_no_markdown_at_all_gets_a_tag_or_an_attribute_through(markdown: str) -> None:
    check_tree(parse_markdown(markdown))
    check_html(markdown)
    html = render_html(parse_markdown(markdown)).lower()
    assert "<script" not in html
    assert not re.search(r"<[^>]*=", html)


def test_html_that_is_not_escaped_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant of the checks above."""
    monkeypatch.setattr(blocks, "escape", str)
    with pytest.raises(AssertionError):
        check_html(HOSTILE[0])


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Giá **1.388.000 ₫** nhé", "<p>Giá <strong>1.388.000 ₫</strong> nhé</p>"),
        ("*nhẹ* và `VN123`", "<p><em>nhẹ</em> và <code>VN123</code></p>"),
        ("một\nhai", "<p>một\nhai</p>"),
        ("một\n\nhai", "<p>một</p><p>hai</p>"),
        ("# Tựa", "<h3>Tựa</h3>"),
        ("- a\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("1. a\n2. b", "<ol><li><p>a</p></li><li><p>b</p></li></ol>"),
        ("- a\n  - b", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>"),
        ("> trích", "<p>trích</p>"),
        ("---", ""),
        ("", ""),
        ("[chỗ này](https://evil.example)", "<p>chỗ này</p>"),
        ("![ảnh](https://evil.example/a.png)", "<p>!ảnh</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        (
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>",
        ),
        ("```\n<b>\n```", "<code>&lt;b&gt;\n</code>"),
    ],
)
def test_markdown_is_read_as_people_mean_it(markdown: str, html: str) -> None:
    assert render_html(parse_markdown(markdown)) == html


@pytest.mark.parametrize("markdown", [">" * 2_000, "- " * 1_000, "**" * 2_000, "[" * 2_000, "`" * 3_000, "*a " * 1_000])
def test_deep_nesting_ends(markdown: str) -> None:
    check_tree(parse_markdown(markdown))
    check_html(markdown)


@given(st.text(alphabet="abc xyzăâđêôơưàáảãạ,.!?", max_size=80))
@settings(deadline=None, max_examples=60)
def test_plain_words_are_kept(words: str) -> None:
    shown = check_html(words).words
    assert shown.split() == words.split()
