/** The card of prices by day: weeks from Monday on, where a priced day asks for its flights. */

import { nameRoute, renderHeading } from "./card_parts.js";
import { createSheet, el } from "./dom.js";
import { flightWordsIn } from "./flight_words.js";
import { formatDay, formatMoney, MONTHS_EN } from "./formats.js";

const DAY_MILLISECONDS = 86_400_000;
const MARKS = { none: "–", unknown: "?" };

const VI = {
  title: (route) => `Giá theo ngày: ${route}`,
  weekdays: ["T2", "T3", "T4", "T5", "T6", "T7", "CN"],
  stay: (nights) => `ở ${nights} đêm`,
  cheapest: "Rẻ nhất",
  cheapestOn: (money, day) => `Rẻ nhất ${money}: ${day}`,
  none: "không có chuyến phù hợp",
  unknown: "chưa có giá",
  back: (day) => `về ${day}`,
  totals: (currency, people) => `Tổng giá cho ${people} khách, ${currency}, làm tròn. Chọn ngày để xem chuyến.`,
  shortDay: (day, month) => `${day}/${month}`,
  plainDay: (isoDay) => isoDay.split("-").reverse().join("/"),
  ask: (from, to, day, back) => `Tìm chuyến ${from} đi ${to} ngày ${day}${back ? `, về ${back}` : ""}`,
};

const EN = {
  title: (route) => `Prices by day: ${route}`,
  weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
  stay: (nights) => (nights === 1 ? "1 night" : `${nights} nights`),
  cheapest: "Lowest",
  cheapestOn: (money, day) => `Lowest ${money}: ${day}`,
  none: "no suitable flights",
  unknown: "no price yet",
  back: (day) => `back ${day}`,
  totals: (currency, people) =>
    `Total for ${people === 1 ? "1 traveller" : `${people} travellers`}, ${currency}, rounded. Pick a day for flights.`,
  shortDay: (day, month) => `${day} ${MONTHS_EN[month - 1]}`,
  plainDay: (isoDay) =>
    new Date(isoDay).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }),
  ask: (from, to, day, back) => `Search flights from ${from} to ${to} on ${day}${back ? `, back on ${back}` : ""}`,
};

export const sheet = createSheet(`
.calendar { width: 100%; padding: 4px 4px 0; border-collapse: separate; border-spacing: 2px; table-layout: fixed;
  font-size: 12px; line-height: 1.3; text-align: center; font-variant-numeric: tabular-nums; }
.calendar th { padding: 4px 0; font-weight: 600; color: var(--tc-muted); }
.calendar td { height: 54px; padding: 0; border-radius: 8px; vertical-align: top; }
.calendar :is(button, .gone) { display: flex; flex-direction: column; align-items: center; gap: 1px; width: 100%;
  height: 54px; padding: 4px 0 0; border: 1px solid var(--tc-line); border-radius: 8px; white-space: nowrap;
  overflow: hidden; background: none; }
.calendar button:hover { border-color: var(--tc-brand); background: var(--tc-tint); }
.calendar button:focus-visible { outline-offset: -2px; }
.calendar button span { color: var(--tc-brand); font-weight: 650; letter-spacing: -.02em; }
.calendar .cheapest { border: 2px solid var(--tc-good); padding-top: 3px; background: light-dark(#dff3e8, #123224); }
.calendar .cheapest :is(span, strong) { color: var(--tc-good); }
.calendar strong { font-size: 10.5px; line-height: 1.2; }
.calendar b { font-weight: 500; }
.calendar .gone { color: var(--tc-muted); }
.calendar .none { border-color: transparent; background: var(--tc-ground); }
.calendar .unknown { border-style: dashed; }
.lowest { padding: 10px 14px 0; font-size: 14px; font-weight: 600; color: var(--tc-good); }
@media (max-width: 374px) {
  .calendar { padding-inline: 0; border-spacing: 1px; font-size: 11px; }
  .calendar strong { font-size: 9.5px; letter-spacing: -.02em; }
}
.key { padding: 6px 14px 12px; font-size: 13px; line-height: 1.45; color: var(--tc-muted); }
`);

export function fill(section, card, { say }) {
  const words = card.language === "vi" ? VI : EN;
  const title = words.title(nameRoute(card.search.origin, card.search.destination));
  section.setAttribute("aria-label", title);
  section.append(
    renderHeading(card, title, describeSearch(card.search, words, card.language), nameMissing(card)),
    renderCheapest(card, words),
    renderWeeks(card, words, title, say),
    renderKey(card, words),
  );
}

function describeSearch({ travellers, cabin, stay_nights: nights }, words, language) {
  const shared = flightWordsIn(language);
  const facts = [shared.travellers(travellers), shared.cabins[cabin], nights && words.stay(nights)];
  return facts.filter(Boolean).join(" · ");
}

function nameMissing({ search, language }) {
  return search.missing?.length > 0 && flightWordsIn(language).missing(search.missing.join(", "));
}

function renderCheapest({ days, language }, words) {
  const cheapest = findCheapest(days);
  if (!cheapest) return "";
  const money = formatMoney(cheapest.total, language);
  return el("p", { class: "lowest" }, words.cheapestOn(money, formatDay(cheapest.date, language)));
}

function findCheapest(days) {
  return days.find((day) => day.is_cheapest);
}

function renderWeeks(card, words, title, say) {
  const heads = words.weekdays.map((name) => el("th", { scope: "col" }, name));
  const rows = listWeeks(card.days).map((week) =>
    el("tr", {}, ...week.map((day) => el("td", {}, day && renderDay(day, card, words, say)))),
  );
  return el(
    "table",
    { class: "calendar", "aria-label": title },
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...rows),
  );
}

/** Rows of seven from Monday on; a day that was not asked for is undefined. */
function listWeeks(days) {
  const known = new Map(days.map((day) => [Date.parse(day.date), day]));
  const [first, last] = [Math.min(...known.keys()), Math.max(...known.keys())];
  const weeks = [];
  let monday = first - daysSinceMonday(first) * DAY_MILLISECONDS;
  for (; monday <= last; monday += 7 * DAY_MILLISECONDS) {
    weeks.push(Array.from({ length: 7 }, (_, index) => known.get(monday + index * DAY_MILLISECONDS)));
  }
  return weeks;
}

function daysSinceMonday(time) {
  return (new Date(time).getUTCDay() + 6) % 7;
}

function renderDay(day, card, words, say) {
  const number = el("b", {}, nameDay(day, card.days[0], words));
  if (day.state !== "priced") {
    const mark = el("span", { "aria-hidden": "true" }, MARKS[day.state]);
    const meaning = el("span", { class: "unseen" }, words[day.state]);
    return el("div", { class: `gone ${day.state}`, title: words[day.state] }, number, mark, meaning);
  }
  const { search, language } = card;
  const label = [
    formatDay(day.date, language),
    day.return_date && words.back(formatDay(day.return_date, language)),
    formatMoney(day.total, language),
    day.is_cheapest && words.cheapest,
  ];
  const [out, back] = [day.date, day.return_date].map((date) => date && words.plainDay(date));
  const question = words.ask(search.origin.name, search.destination.name, out, back);
  return el(
    "button",
    {
      type: "button",
      class: day.is_cheapest && "cheapest",
      title: label[2],
      "aria-label": label.filter(Boolean).join(", "),
      onclick: () => say(question),
    },
    number,
    el("span", {}, shortenAmount(day.total, findCheapest(card.days).total.currency, language)),
    day.is_cheapest && el("strong", {}, words.cheapest),
  );
}

/** The month is told where it begins. */
function nameDay({ date }, first, words) {
  const [month, day] = date.slice(5).split("-").map(Number);
  return day === 1 || date === first.date ? words.shortDay(day, month) : day;
}

/** 1,89Tr or 1.89M: what fits on a seventh of a phone. A total in another currency than the key's names its own. */
function shortenAmount({ amount, currency }, keyCurrency, language) {
  const style = currency === keyCurrency ? {} : { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  const format = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3, ...style });
  return format.format(Number(amount)).replace(/\s/g, "");
}

function renderKey({ days, search }, words) {
  const { adults, children, infants } = search.travellers;
  const cheapest = findCheapest(days);
  const marks = Object.keys(MARKS).filter((state) => days.some((day) => day.state === state));
  const lines = [
    cheapest && words.totals(cheapest.total.currency, adults + children + infants),
    marks.map((state) => `${MARKS[state]} ${words[state]}`).join(" · "),
  ];
  return el("p", { class: "key" }, lines.filter(Boolean).join(" "));
}
