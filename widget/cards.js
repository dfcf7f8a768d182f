/** Cards: one renderer per type. What we cannot draw, we say in the card's own words. */

import { el } from "./dom.js";
import { renderFlightOffers } from "./flight_offers.js";

const RENDERERS = { flight_offers: renderFlightOffers };

/** Fetched when the first card of their type comes; each has `fill(section, card, chat)` and its `sheet`. */
const MODULES = {
  price_calendar: () => import("./price_calendar.js"),
  seat_map: () => import("./seat_map.js"),
  fare_rules: () => import("./fare_rules.js"),
  confirm: () => import("./confirm.js"),
  change_options: () => import("./change_options.js"),
  sign_in: () => import("./steps.js"),
  passenger_form: () => import("./steps.js"),
  payment: () => import("./steps.js"),
  calendar: () => import("./steps.js"),
};

/** `chat` is what a card can do: see Panel. */
export function renderCard(card, chat) {
  const isKnown = card.schema_version === 1;
  if (isKnown && RENDERERS[card.type]) return RENDERERS[card.type](card, chat);
  const section = el("section", { class: "card plain", lang: card.language }, card.text);
  if (isKnown && MODULES[card.type]) fillLater(section, card, chat);
  return section;
}

/** By type: cards that wait for the same promise are drawn in their order. */
const loading = {};

async function fillLater(section, card, chat) {
  let module;
  try {
    module = await (loading[card.type] ??= MODULES[card.type]());
  } catch {
    delete loading[card.type];
    return; // the module cannot be fetched: the words stay
  }
  if (!section.isConnected) return; // a new conversation was begun meanwhile
  const sheets = section.getRootNode().adoptedStyleSheets;
  if (!sheets.includes(module.sheet)) sheets.push(module.sheet);
  section.classList.remove("plain");
  section.replaceChildren();
  module.fill(section, card, chat);
  section.dispatchEvent(new Event("carddrawn", { bubbles: true }));
}
