/** The card of flight offers: the three best first, each with times, stops, bags, rules and the price for everybody. */

import { nameRoute, renderHeading, renderRule } from "./card_parts.js";
import { el, icon } from "./dom.js";
import { flightWordsIn } from "./flight_words.js";
import { formatClock, formatDay, formatDuration, formatMoney } from "./formats.js";

const OFFERS_AT_FIRST = 3;
const TILE_COLOURS = 6;
const FEW_SEATS = 5;

export function renderFlightOffers(card, { say }) {
  const words = flightWordsIn(card.language);
  const offers = card.offers.map((offer) => renderOffer(offer, card, say));
  const shown = el("ol", { class: "offers" }, ...offers.slice(0, OFFERS_AT_FIRST));
  const held = offers.slice(OFFERS_AT_FIRST);
  const rest = card.more > 0 && el("p", { class: "rest" }, words.andMore(card.more));
  return el(
    "section",
    { class: "card", lang: card.language, "aria-label": words.cardLabel },
    renderSearch(card, words),
    shown,
    held.length > 0 && renderShowMore(words.showMore(held.length), shown, held),
    rest,
  );
}

function renderShowMore(label, shown, held) {
  const onclick = (event) => {
    shown.append(...held);
    // the button is about to go: the focus moves on to the first offer it brought
    held[0].querySelector("button").focus({ preventScroll: true });
    event.currentTarget.remove();
  };
  return el("button", { class: "show-more", type: "button", onclick }, icon("down"), label);
}

function renderSearch(card, words) {
  const { slices, travellers, cabin } = card.search;
  const [first, back] = slices;
  const isReturn = slices.length === 2 && back.destination.code === first.origin.code;
  const days = slices.map((slice) => formatDay(slice.departs_on, card.language));
  const facts = [days.join(" – "), words.travellers(travellers), words.cabins[cabin]].join(" · ");
  const places = isReturn
    ? [nameRoute(first.origin, first.destination)]
    : slices.map((slice) => nameRoute(slice.origin, slice.destination));
  const title = places.join(", ") + (isReturn ? ` (${words.returnTrip})` : "");
  return renderHeading(card, title, facts, describeAnswer(card.search, words));
}

/** What is not as one expects: prices from a while ago, providers that are missing. */
function describeAnswer({ updated_minutes: minutes, missing }, words) {
  const notes = [minutes != null && words.updated(minutes), missing?.length > 0 && words.missing(missing.join(", "))];
  return notes.filter(Boolean).join(" · ");
}

function renderOffer(offer, card, say) {
  const words = flightWordsIn(card.language);
  const isReturn = offer.slices.length > 1;
  return el(
    "li",
    { class: "offer" },
    renderBadges(offer, words),
    ...offer.slices.map((slice) => renderSlice(slice, isReturn, card.language)),
    renderCarrier(offer, words),
    renderBags(offer, words),
    renderRules(offer.conditions, card.language),
    renderPrice(offer, card, say),
  );
}

function renderBadges(offer, words) {
  return el(
    "p",
    { class: "badges" },
    el("span", { class: "number" }, words.option(offer.position)),
    ...offer.badges.map((badge) => el("span", { class: `tag ${badge}` }, words.badges[badge])),
    offer.seats_left !== null && offer.seats_left <= FEW_SEATS && el("span", { class: "seats" }, words.seatsLeft(offer.seats_left)),
  );
}

/** `hasDay` is for a slice whose day stands nowhere else. */
export function renderSlice(slice, hasDay, language) {
  const words = flightWordsIn(language);
  return el(
    "div",
    { class: "slice" },
    hasDay && el("p", { class: "day" }, formatDay(slice.departs_at_local, language)),
    renderEnd(slice.origin, slice.departs_at_local),
    el(
      "div",
      { class: "way" },
      el("span", { class: "duration" }, formatDuration(slice.duration_minutes, language)),
      el("span", { class: slice.stops ? "line stops" : "line" }),
      el("span", { class: "nonstop" }, words.stops(slice.stops)),
    ),
    renderEnd(slice.destination, slice.arrives_at_local, slice.day_difference, words),
    ...slice.layovers.map((layover) => renderLayover(layover, language)),
  );
}

function renderEnd(airport, atLocal, dayDifference, words) {
  const sign = dayDifference > 0 ? "+" : "−";
  const shift = dayDifference
    ? el("sup", { title: words.dayShift(dayDifference) }, `${sign}${Math.abs(dayDifference)}`)
    : null;
  return el(
    "div",
    { class: "end" },
    el("time", { datetime: atLocal }, formatClock(atLocal), shift),
    el("span", { class: "place", title: airport.airport }, airport.code),
  );
}

function renderLayover({ airport, minutes }, language) {
  const place = `${airport.name} (${airport.code})`;
  const wait = formatDuration(minutes, language);
  return el("p", { class: "layover" }, flightWordsIn(language).layover(place, wait));
}

function listSegments(offer) {
  return offer.slices.flatMap((slice) => slice.segments);
}

function renderCarrier(offer, words) {
  const segments = listSegments(offer);
  const flights = segments.map((segment) => segment.designator).join(", ");
  const lent = segments.filter(({ operating_carrier: operator, carrier }) => operator && operator !== carrier);
  const operators = new Set(lent.map((segment) => segment.operating_carrier));
  const { code, name } = offer.carrier;
  const colour = (code.charCodeAt(0) + code.charCodeAt(1)) % TILE_COLOURS;
  return el(
    "p",
    { class: "carrier" },
    el("span", { class: `tile tile-${colour}`, "aria-hidden": "true" }, code),
    el(
      "span",
      {},
      el("span", {}, el("strong", {}, name), ` · ${flights}`),
      operators.size > 0 && el("span", {}, words.operatedBy([...operators].join(", "))),
      el("span", {}, `${words.cabins[offer.cabin]} · ${offer.fare_brand}`),
    ),
  );
}

/** What holds on every segment: the least of each. */
function renderBags(offer, words) {
  const carryOn = findLeastBag(listSegments(offer).map((segment) => segment.carry_on));
  const checked = findLeastBag(listSegments(offer).map((segment) => segment.checked));
  return el("p", { class: "bags" }, icon("bag"), `${words.carryOn(carryOn)} · ${words.checked(checked)}`);
}

function findLeastBag(bags) {
  return bags.reduce((least, bag) => (weighBag(bag) < weighBag(least) ? bag : least));
}

/** Pieces count first; an unstated weight promises nothing, an unstated bag little more than none. */
function weighBag(bag) {
  return bag ? bag.pieces * 1000 + (bag.kg ?? 0) : 1;
}

export function renderRules({ refund, change }, language) {
  const words = flightWordsIn(language);
  return el(
    "ul",
    { class: "rules" },
    renderRule("li", refund, words.refund, language),
    renderRule("li", change, words.change, language),
  );
}

function renderPrice(offer, card, say) {
  const words = flightWordsIn(card.language);
  const { adults, children, infants } = card.search.travellers;
  const people = adults + children + infants;
  return el(
    "div",
    { class: "price" },
    el(
      "p",
      {},
      el("strong", {}, formatMoney(offer.total, card.language)),
      el("span", {}, words.total(people)),
      people > 1 && offer.per_adult && el("span", {}, words.perAdult(formatMoney(offer.per_adult, card.language))),
    ),
    el(
      "button",
      {
        type: "button",
        class: "details",
        "aria-label": words.askDetails(offer.position),
        onclick: () => say(words.askDetails(offer.position)),
      },
      words.details,
    ),
  );
}
