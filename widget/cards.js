/** Cards: one renderer per type. What we cannot draw, we say in the card's own words. */

import { el } from "./dom.js";
import { renderFlightOffers } from "./flight_offers.js";

const RENDERERS = { flight_offers: renderFlightOffers };

export function renderCard(card, say) {
  const render = card.schema_version === 1 ? RENDERERS[card.type] : undefined;
  return render ? render(card, say) : el("section", { class: "card plain", lang: card.language }, card.text);
}
