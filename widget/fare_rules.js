/** The card of a fare's rules: refund, change and bags in short, the airline's own words folded away. */

import { renderHeading, renderRule } from "./card_parts.js";
import { createSheet, el } from "./dom.js";

const VI = {
  title: "Điều kiện vé",
  refund: "Hoàn vé",
  change: "Đổi vé",
  carryOn: "Xách tay",
  checked: "Ký gửi",
  notes: (count) => `Điều kiện của hãng (${count})`,
  rule: {
    free: "Miễn phí",
    fee: (money) => `Được, phí ${money}`,
    feeUnsaid: "Được, phí theo hãng",
    no: "Không được",
    unsaid: "Theo điều kiện hãng",
  },
};

const EN = {
  title: "Fare rules",
  refund: "Refund",
  change: "Change",
  carryOn: "Carry-on",
  checked: "Checked bags",
  notes: (count) => `The airline's conditions (${count})`,
  rule: {
    free: "Free of charge",
    fee: (money) => `Allowed for ${money}`,
    feeUnsaid: "Allowed, for the airline's fee",
    no: "Not allowed",
    unsaid: "As the airline's conditions say",
  },
};

export const sheet = createSheet(`
.small-print { border-top: 1px solid var(--tc-line); font-size: 14px; line-height: 1.5; }
.small-print summary { padding: 0 14px; line-height: 44px; font-weight: 600; color: var(--tc-brand); cursor: pointer; }
.small-print summary:focus-visible { outline-offset: -3px; border-radius: 14px; }
.small-print h4 { margin: 0; padding: 0 14px; font-size: 14px; }
.small-print p { padding: 2px 14px 12px; white-space: pre-line; overflow-wrap: anywhere; color: var(--tc-muted); }
`);

export function fill(section, card) {
  const words = card.language === "vi" ? VI : EN;
  section.setAttribute("aria-label", words.title);
  section.append(
    renderHeading(card, words.title, [card.airline, card.fare_brand].filter(Boolean).join(" · ")),
    el(
      "dl",
      { class: "facts" },
      el("dt", {}, words.refund),
      renderRule("dd", card.refund, words.rule, card.language),
      el("dt", {}, words.change),
      renderRule("dd", card.change, words.rule, card.language),
      el("dt", {}, words.carryOn),
      el("dd", {}, card.carry_on),
      el("dt", {}, words.checked),
      el("dd", {}, card.checked),
    ),
    card.notes.length > 0 ? renderNotes(card.notes, words) : "",
  );
}

function renderNotes(notes, words) {
  const paragraphs = notes.flatMap(({ title, text }) => [el("h4", {}, title), el("p", {}, text)]);
  return el("details", { class: "small-print" }, el("summary", {}, words.notes(notes.length)), ...paragraphs);
}
