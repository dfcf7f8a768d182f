/** Replies as DOM: plain text while it streams, the server's block tree once it is whole. */

import { el } from "./dom.js";

/** Paragraphs with **bold** only; half-open marks stay as typed. */
export function renderPlainText(text) {
  return text.split(/\n{2,}/).map((paragraph) => el("p", {}, ...renderBold(paragraph)));
}

function renderBold(text) {
  return text.split(/\*\*([^*]+)\*\*/).map((part, index) => (index % 2 ? el("strong", {}, part) : part));
}

export function renderBlocks(blocks) {
  return blocks.map(renderBlock);
}

/** An unknown block shows its text. */
function renderBlock(block) {
  switch (block.type) {
    case "heading":
      return el("h3", {}, ...renderInline(block));
    case "code":
      return el("pre", {}, block.text);
    case "list":
      return renderList(block);
    case "table":
      return renderTable(block.rows);
    default:
      return el("p", {}, ...renderInline(block));
  }
}

function renderList({ ordered, items }) {
  const rows = items.map((blocks) => el("li", {}, ...renderBlocks(blocks)));
  return el(ordered ? "ol" : "ul", {}, ...rows);
}

/** The first row names the columns. */
function renderTable([header, ...rows]) {
  const renderRow = (cells, tag) =>
    el("tr", {}, ...cells.map((children) => el(tag, {}, ...renderInline({ type: "cell", children }))));
  const head = el("thead", {}, renderRow(header, "th"));
  const body = el("tbody", {}, ...rows.map((row) => renderRow(row, "td")));
  return el("div", { class: "table", tabindex: 0 }, el("table", {}, head, body));
}

function renderInline(node) {
  return node.children ? node.children.map(renderSpan) : [node.text ?? ""];
}

function renderSpan(span) {
  switch (span.type) {
    case "strong":
    case "em":
    case "code":
      return el(span.type, {}, ...renderInline(span));
    case "link":
      return renderLink(span);
    default:
      return span.children ? el("span", {}, ...renderInline(span)) : span.text ?? "";
  }
}

function renderLink(link) {
  const isWeb = /^https?:\/\//.test(link.href ?? "");
  const attributes = isWeb ? { href: link.href, target: "_blank", rel: "noopener noreferrer" } : {};
  return el(isWeb ? "a" : "span", attributes, ...renderInline(link));
}
