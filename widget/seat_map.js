/** The card of seats: each cabin as one sits in it, to look at. A seat's shape tells whether it is free. */

import { nameRoute, renderHeading } from "./card_parts.js";
import { createSheet, el } from "./dom.js";
import { flightWordsIn } from "./flight_words.js";
import { formatClock, formatDay, formatMoney } from "./formats.js";

const VI = {
  title: "Sơ đồ ghế",
  cabin: (name) => `Khoang ${name.toLowerCase()}`,
  decks: { upper: "tầng trên", lower: "tầng dưới" },
  row: (number) => `Hàng ${number}`,
  exitRow: (number) => `Hàng ${number}, hàng thoát hiểm`,
  free: "còn trống",
  taken: "không chọn được",
  legroom: "chỗ để chân rộng",
  exit: "hàng thoát hiểm",
  included: "đã gồm trong vé",
  price: (money) => `Giá chọn ghế: ${money}`,
  count: (free) => (free ? `${free} ghế trống` : "hết ghế trống"),
  features: {
    window: "cửa sổ",
    middle: "ghế giữa",
    aisle: "cạnh lối đi",
    exit_row: "hàng thoát hiểm",
    extra_legroom: "chỗ để chân rộng",
    bulkhead: "sau vách ngăn",
    front: "phía trước",
    no_infant: "không dành cho em bé",
  },
};

const EN = {
  title: "Seats",
  cabin: (name) => name,
  decks: { upper: "upper deck", lower: "lower deck" },
  row: (number) => `Row ${number}`,
  exitRow: (number) => `Row ${number}, exit row`,
  free: "free",
  taken: "not available",
  legroom: "extra legroom",
  exit: "exit row",
  included: "included in the fare",
  price: (money) => `Seat price: ${money}`,
  count: (free) => (free ? `${free} seats free` : "no seat free"),
  features: {
    window: "window",
    middle: "middle",
    aisle: "aisle",
    exit_row: "exit row",
    extra_legroom: "extra legroom",
    bulkhead: "bulkhead",
    front: "front",
    no_infant: "not with an infant",
  },
};

export const sheet = createSheet(`
.flight { border-top: 1px solid var(--tc-line); font-size: 14px; line-height: 1.45; }
.flight > summary { padding: 10px 14px; font-weight: 600; cursor: pointer; }
.flight > summary:focus-visible { outline-offset: -3px; border-radius: 14px; }
.flight > p, .seat-key { padding: 0 14px 8px; color: var(--tc-muted); }
.cabin { max-height: 320px; margin: 0 14px 12px; overflow: auto; border: 1px solid var(--tc-line);
  border-radius: 12px; scrollbar-width: thin; }
.cabin table { margin: 0 auto; padding: 0 4px 6px; border-collapse: separate; border-spacing: 2px; font-size: 12px;
  text-align: center; }
.cabin :is(th, td) { min-width: 26px; height: 26px; padding: 0; font-weight: 500; color: var(--tc-muted); }
.cabin thead :is(th, td) { position: sticky; top: 0; z-index: 1; background: var(--tc-paper); }
.cabin .gap { min-width: 10px; }
.cabin .exit { font-weight: 700; color: var(--tc-good); white-space: nowrap; }
.cabin .exit::before { content: "‹"; } .cabin .exit::after { content: "›"; }
.seat { display: inline-grid; place-items: center; width: 26px; height: 26px; border-radius: 8px 8px 5px 5px;
  font-size: 12px; line-height: 1; color: var(--tc-muted); }
.seat.free { border: 1.5px solid var(--tc-brand); font-weight: 650; color: var(--tc-brand);
  background: var(--tc-tint); }
.seat.taken { background: var(--tc-ground); }
.seat.roomy { border-top-width: 5px; }
.seat-key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; padding-top: 10px; font-size: 13px;
  list-style: none; }
.seat-key li { display: flex; align-items: center; gap: 6px; }
.seat-key b { color: var(--tc-good); }
@media (forced-colors: active) { .seat.free { border-color: ButtonText; } }
`);

export function fill(section, card) {
  const words = card.language === "vi" ? VI : EN;
  section.setAttribute("aria-label", words.title);
  section.append(
    renderHeading(card, words.title, card.maps.map((map) => map.designator).join(", ")),
    renderKey(card.maps, words),
    ...card.maps.map((map, index) => renderFlight(map, index === 0, card.language, words)),
  );
}

function listSeats(cabins) {
  return cabins.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats.filter(Boolean)));
}

function renderKey(maps, words) {
  const seats = maps.flatMap(({ cabins }) => listSeats(cabins));
  const has = (feature) => seats.some(({ features }) => features.includes(feature));
  const sample = (classes, text) => el("span", { class: `seat ${classes}`, "aria-hidden": "true" }, text);
  return el(
    "ul",
    { class: "seat-key" },
    el("li", {}, sample("free", "A"), words.free),
    el("li", {}, sample("taken", "×"), words.taken),
    has("extra_legroom") && el("li", {}, sample("free roomy", "A"), words.legroom),
    has("exit_row") && el("li", {}, el("b", { "aria-hidden": "true" }, "‹12›"), words.exit),
  );
}

function renderFlight(map, isOpen, language, words) {
  const facts = [formatDay(map.departs_at_local, language), formatClock(map.departs_at_local), map.aircraft];
  const cabins = map.cabins.flatMap((cabin) => renderCabin(cabin, language, words));
  return el(
    "details",
    { class: "flight", open: isOpen },
    el("summary", {}, `${map.designator} · ${nameRoute(map.origin, map.destination)}`),
    el("p", {}, facts.filter(Boolean).join(" · ")),
    ...cabins,
  );
}

function renderCabin(cabin, language, words) {
  const free = listSeats([cabin]).filter((seat) => seat.is_available);
  const name = [words.cabin(flightWordsIn(language).cabins[cabin.cabin]), words.decks[cabin.deck]];
  const label = [...name, words.count(free.length)].filter(Boolean).join(", ");
  const heads = cabin.columns.map((column) => (column ? el("th", { scope: "col" }, column) : renderGap()));
  const rows = cabin.rows.map((row) => renderRow(row, cabin.columns, language, words));
  return [
    el("p", {}, [label, describePrices(free, language, words)].filter(Boolean).join(". ")),
    el(
      "div",
      { class: "cabin", role: "region", tabindex: 0, "aria-label": label },
      el("table", {}, el("thead", {}, el("tr", {}, el("td"), ...heads)), el("tbody", {}, ...rows)),
    ),
  ];
}

function describePrices(seats, language, words) {
  const prices = seats.map((seat) => seat.price).filter(Boolean);
  if (!prices.length) return "";
  prices.sort((a, b) => Number(a.amount) - Number(b.amount));
  const [low, high] = [prices[0], prices.at(-1)];
  if (low.amount === high.amount) return words.price(namePrice(low, language, words));
  return words.price(`${formatMoney(low, language)} – ${formatMoney(high, language)}`);
}

function namePrice(price, language, words) {
  return Number(price.amount) === 0 ? words.included : formatMoney(price, language);
}

function renderGap() {
  return el("td", { class: "gap" });
}

/** `seats` has one entry for each column that is no aisle. */
function renderRow({ row, seats }, columns, language, words) {
  const isExit = seats.some((seat) => seat?.features.includes("exit_row"));
  const places = seats.values();
  const cells = columns.map((column) => {
    if (!column) return renderGap();
    const seat = places.next().value;
    return el("td", {}, seat && renderSeat(seat, language, words));
  });
  const label = isExit ? words.exitRow(row) : words.row(row);
  return el("tr", {}, el("th", { scope: "row", class: isExit && "exit", "aria-label": label }, row), ...cells);
}

function renderSeat(seat, language, words) {
  const { is_available: isFree, features, price } = seat;
  const facts = [
    isFree ? words.free : words.taken,
    isFree && price && namePrice(price, language, words),
    ...features.map((feature) => words.features[feature]),
  ];
  const label = `${seat.designator}: ${facts.filter(Boolean).join(", ")}`;
  const roomy = isFree && features.includes("extra_legroom") ? " roomy" : "";
  return el(
    "span",
    { class: `seat ${isFree ? "free" : "taken"}${roomy}`, role: "img", title: label, "aria-label": label },
    isFree ? seat.column : "×",
  );
}
