/** Cards: one renderer per type. What we cannot draw, we say in the card's own words. */

import { el } from "./dom.js";
import { renderFlightOffers } from "./flight_offers.js";

const RENDERERS = { flight_offers: renderFlightOffers };

/** Fetched when the first card of their type comes; each has `fill(section, card, say)` and its `sheet`. */
const MODULES = {
  price_calendar: () => import("./price_calendar.js"),
  seat_map: () => import("./seat_map.js"),
  fare_rules: () => import("./fare_rules.js"),
};

export function renderCard(card, say) {
  const isKnown = card.schema_version === 1;
  if (isKnown && RENDERERS[card.type]) return RENDERERS[card.type](card, say);
  const section = el("section", { class: "card plain", lang: card.language }, card.text);
  if (isKnown && MODULES[card.type]) fillLater(section, card, say);
  return section;
}

async function fillLater(section, card, say) {
  let module;
  try {
    module = await MODULES[card.type]();
  } catch {
    return; // the module cannot be fetched: the words stay
  }
  if (!section.isConnected) return; // a new conversation was begun meanwhile
  const sheets = section.getRootNode().adoptedStyleSheets;
  if (!sheets.includes(module.sheet)) sheets.push(module.sheet);
  section.classList.remove("plain");
  section.replaceChildren();
  module.fill(section, card, say);
  section.dispatchEvent(new Event("carddrawn", { bubbles: true }));
}
