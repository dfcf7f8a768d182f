"""A reply's Markdown as a closed tree of blocks, and that tree as HTML. Raw HTML, images and unknown links are text.

A block is `{"type": "p" | "heading" | "list" | "table" | "code", ...}`; inline nodes are `text`, `strong`, `em` and
`code`. Nothing else can come out, whatever a model writes.
"""

from __future__ import annotations

from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

Node = dict[str, Any]

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "autolink", "html_inline"])
_INLINE = {"strong": "strong", "em": "em"}


def parse_markdown(text: str) -> list[Node]:
    """The block tree of a reply."""
    tokens: list[Token] = _PARSER.parse(text)
    return [block for node in SyntaxTreeNode(tokens).children for block in _read_block(node)]


def _read_block(node: SyntaxTreeNode) -> list[Node]:
    match node.type:
        case "paragraph":
            return [{"type": "p", "children": _read_inline(node)}]
        case "heading":
            return [{"type": "heading", "children": _read_inline(node)}]
        case "bullet_list" | "ordered_list":
            items = [[block for child in item.children for block in _read_block(child)] for item in node.children]
            return [{"type": "list", "ordered": node.type == "ordered_list", "items": items}]
        case "table":
            rows = [row for part in node.children for row in part.children]
            return [{"type": "table", "rows": [[_read_inline(cell) for cell in row.children] for row in rows]}]
        case "fence" | "code_block":
            return [{"type": "code", "text": node.content}]
        case "hr":
            return []
        case _:
            return [block for child in node.children for block in _read_block(child)]


def _read_inline(node: SyntaxTreeNode) -> list[Node]:
    return [part for inline in node.children for child in inline.children for part in _read_span(child)]


def _read_span(node: SyntaxTreeNode) -> list[Node]:
    if node.type in _INLINE:
        children = [part for child in node.children for part in _read_span(child)]
        return [{"type": _INLINE[node.type], "children": children}]
    if node.type == "code_inline":
        return [{"type": "code", "text": node.content}]
    if node.type in ("softbreak", "hardbreak"):
        return [{"type": "text", "text": "\n"}]
    if node.type == "link":  # no host is known to us yet, so a link keeps its words and loses its target
        return [part for child in node.children for part in _read_span(child)]
    return [{"type": "text", "text": node.content}]


def render_html(blocks: list[Node]) -> str:
    """The tree as HTML; every text is escaped and no attribute is ever written."""
    return _render_all(blocks)


def _render(node: Node) -> str:
    children = _render_all(node.get("children", []))
    match node["type"]:
        case "p" | "strong" | "em":
            return f"<{node['type']}>{children}</{node['type']}>"
        case "heading":
            return f"<h3>{children}</h3>"
        case "list":
            tag = "ol" if node["ordered"] else "ul"
            items = "".join(f"<li>{_render_all(item)}</li>" for item in node["items"])
            return f"<{tag}>{items}</{tag}>"
        case "table":
            return f"<table>{''.join(_render_row(row) for row in node['rows'])}</table>"
        case "code":
            return f"<code>{escape(node['text'])}</code>"
        case _:
            return escape(node["text"])


def _render_row(cells: list[list[Node]]) -> str:
    return f"<tr>{''.join(f'<td>{_render_all(cell)}</td>' for cell in cells)}</tr>"


def _render_all(nodes: list[Node]) -> str:
    return "".join(_render(node) for node in nodes)
