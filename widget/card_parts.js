/** What several cards have in common. */

import { el, icon } from "./dom.js";
import { flightWordsIn } from "./flight_words.js";
import { formatMoney } from "./formats.js";

/** What a card is about: its title, and a line for each fact; empty lines are left out. */
export function renderHeading(card, title, ...lines) {
  const words = flightWordsIn(card.language);
  return el(
    "header",
    { class: "search" },
    el("h3", {}, title),
    card.simulated && el("span", { class: "tag simulated", title: words.simulatedMore }, words.simulated),
    ...lines.map((line) => line && el("p", {}, line)),
  );
}

export function nameRoute(origin, destination) {
  return `${origin.name} → ${destination.name}`;
}

/** The lines of a card's own text, as many as are given. */
export function renderLines(lines) {
  return el("div", { class: "lines" }, ...lines.map((line) => el("p", {}, line)));
}

/** Colour is only the second sign: the words say it, and the icon's shape differs. */
export function renderRule(tag, { allowed, fee }, words, language) {
  if (allowed === null) return el(tag, { class: "unsure" }, icon("info"), words.unsaid);
  if (!allowed) return el(tag, { class: "no" }, icon("cross"), words.no);
  if (!fee) return el(tag, { class: "unsure" }, icon("info"), words.feeUnsaid);
  if (Number(fee.amount) === 0) return el(tag, { class: "yes" }, icon("check"), words.free);
  return el(tag, { class: "unsure" }, icon("alert"), words.fee(formatMoney(fee, language)));
}
