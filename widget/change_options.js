/** The card of ways to change a booking: each in its own words, with a button that chooses it. */

import { renderHeading } from "./card_parts.js";
import { createSheet, el } from "./dom.js";
import { renderSlice } from "./flight_offers.js";
import { formatMoney } from "./formats.js";

const VI = {
  choose: (number) => `Chọn cách ${number}`,
  total: (money) => `Trả thêm ${money}`,
  fee: (money) => `phí ${money}`,
  refund: (money) => `hoàn lại ${money}`,
};

const EN = {
  choose: (number) => `Choose option ${number}`,
  total: (money) => `To pay ${money}`,
  fee: (money) => `fee ${money}`,
  refund: (money) => `comes back ${money}`,
};

export const sheet = createSheet(`
.change-ways { margin: 0; padding: 0; list-style: none; }
.change-ways li { padding: 4px 14px 14px; border-top: 1px solid var(--tc-line); font-size: 14px; line-height: 1.45; }
.change-ways .act { margin-top: 8px; width: 100%; color: var(--tc-brand); }
`);

/** Its text begins with what they are ways of. */
export function fill(section, card, { say }) {
  const words = card.language === "vi" ? VI : EN;
  const title = card.text.split("\n")[0].replace(/:$/, "");
  section.setAttribute("aria-label", title);
  section.append(
    renderHeading(card, title),
    el("ol", { class: "change-ways" }, ...card.options.map((option) => renderWay(option, card.language, words, say))),
  );
}

function renderWay({ position, slices, ...money }, language, words, say) {
  const parts = ["total", "fee", "refund"].map((name) => words[name](formatMoney(money[name], language)));
  return el(
    "li",
    {},
    ...slices.map((slice) => renderSlice(slice, true, language)),
    el("p", {}, slices.flatMap(({ segments }) => segments.map(({ designator }) => designator)).join(", ")),
    el("p", {}, el("strong", {}, parts[0]), ` · ${parts.slice(1).join(" · ")}`),
    el("button", { type: "button", class: "act", onclick: () => say(words.choose(position)) }, words.choose(position)),
  );
}
