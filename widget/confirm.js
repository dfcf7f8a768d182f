/** The card that asks for a yes: what will happen, for whom and for how much, and two buttons that answer it once. */

import { nameRoute, renderHeading, renderLines } from "./card_parts.js";
import { createSheet, el, icon } from "./dom.js";
import { renderRules, renderSlice } from "./flight_offers.js";
import { flightWordsIn } from "./flight_words.js";
import { formatClock, formatDay, formatMoment, formatMoney } from "./formats.js";

const VI = {
  until: (moment) => `Có hiệu lực đến ${moment}`,
  expired: (moment) => `Thẻ đã hết hạn lúc ${moment}. Bạn hỏi lại nhé.`,
  closed: "Thẻ này không còn chờ trả lời.",
  instead: "Thay cho",
  travellers: "Hành khách",
  types: { child: "trẻ em", infant: "em bé" },
  fare: "Hạng vé",
  extras: "Mua thêm",
  kinds: { seat: "chỗ ngồi", checked_bag: "hành lý ký gửi", carry_on: "hành lý xách tay" },
  included: "miễn phí",
  fee: "Phí",
  refund: "Hoàn lại",
  total: "Cần trả",
  payee: "Trả cho",
  yes: {
    book: (money) => `Đồng ý đặt, ${money}`,
    change: (money) => `Đồng ý đổi, ${money}`,
    changeFree: "Đồng ý đổi",
    cancel: "Đồng ý hủy",
    calendar: "Thêm vào lịch",
    forget_document: "Đồng ý xóa",
    change_email: "Đồng ý đổi",
    other: "Đồng ý",
  },
  no: "Không đồng ý",
};

const EN = {
  until: (moment) => `Valid until ${moment}`,
  expired: (moment) => `This card expired at ${moment}. Please ask again.`,
  closed: "This card no longer waits for an answer.",
  instead: "Instead of",
  travellers: "Travellers",
  types: { child: "child", infant: "infant" },
  fare: "Fare",
  extras: "Extras",
  kinds: { seat: "seat", checked_bag: "checked bag", carry_on: "carry-on bag" },
  included: "free",
  fee: "Fee",
  refund: "Comes back",
  total: "To pay",
  payee: "Paid to",
  yes: {
    book: (money) => `Book for ${money}`,
    change: (money) => `Change for ${money}`,
    changeFree: "Change the booking",
    cancel: "Cancel the booking",
    calendar: "Add to calendar",
    forget_document: "Delete it",
    change_email: "Change the e-mail",
    other: "Yes, please",
  },
  no: "Decline",
};

export const sheet = createSheet(`
.trip { padding: 4px 14px 0; font-size: 14px; line-height: 1.45; }
.trip .designators { color: var(--tc-muted); }
.trip .rules { margin: 8px 0 0; }
.confirm .facts dd { display: block; }
.confirm .sum { font-size: 19px; font-weight: 680; line-height: 1.3; font-variant-numeric: tabular-nums; }
.warnings { display: grid; gap: 6px; margin: 0; padding: 0 14px; font-size: 14px; line-height: 1.45; list-style: none;
  color: var(--tc-warn); }
.warnings li { display: flex; gap: 8px; }
.warnings .icon { margin-top: 1px; }
.over { padding: 10px 14px 12px; border-top: 1px solid var(--tc-line); font-size: 14px; color: var(--tc-muted); }
`);

/** Its text begins with the question. What is no trip is told by the rest of it. */
export function fill(section, card, chat) {
  const words = card.language === "vi" ? VI : EN;
  const [question, ...lines] = card.text.split("\n");
  section.classList.add("confirm");
  section.setAttribute("aria-label", question);
  section.append(
    renderHeading(card, question, card.total && words.until(formatMoment(card.expires_at, card.language))),
    ...(card.slices ?? []).map((slice) => renderTrip(slice, card.language)),
    card.total ? renderFacts(card, words) : renderLines(lines),
    card.warnings?.length ? renderWarnings(card.warnings) : "",
    ...renderAnswer(card, words, chat),
  );
}

function renderTrip(slice, language) {
  const flights = slice.segments.map((segment) => `${segment.designator} ${segment.carrier}`);
  return el(
    "div",
    { class: "trip" },
    renderSlice(slice, true, language),
    el("p", { class: "designators" }, `${nameRoute(slice.origin, slice.destination)} · ${flights.join(", ")}`),
  );
}

function renderFacts(card, words) {
  const { language, action } = card;
  const money = (amount) => formatMoney(amount, language);
  const fare = [card.cabin && flightWordsIn(language).cabins[card.cabin], card.fare_brand];
  const facts = [
    [words.instead, card.old_slices.map((slice) => describeSlice(slice, language))],
    [words.travellers, card.travellers.map((each) => nameTraveller(each, words))],
    [words.fare, [fare.filter(Boolean).join(" · ")]],
    [words.extras, card.services.map((each) => describeExtra(each, language, words))],
    [words.fee, action !== "book" && [isNothing(card.fee) ? words.included : money(card.fee)]],
    [words.refund, action !== "book" && [money(card.refund)]],
    [words.total, action !== "cancel" && [el("strong", { class: "sum" }, money(card.total))]],
    [words.payee, !isNothing(card.total) && [card.payee]],
  ];
  const rows = facts.filter(([, values]) => values && values.some(Boolean));
  const rules = card.refund_rule && card.change_rule;
  return el(
    "div",
    {},
    rules && el("div", { class: "trip" }, renderRules({ refund: card.refund_rule, change: card.change_rule }, language)),
    el(
      "dl",
      { class: "facts" },
      ...rows.flatMap(([name, values]) => [
        el("dt", {}, name),
        el("dd", {}, ...values.map((value) => el("div", {}, value))),
      ]),
    ),
  );
}

function describeSlice(slice, language) {
  const { origin, destination, departs_at_local: departs } = slice;
  return `${nameRoute(origin, destination)} · ${formatClock(departs)} ${formatDay(departs, language)}`;
}

/** The family name first, as on the ticket. */
function nameTraveller({ given_name: given, family_name: family, traveller_type: type }, words) {
  const name = `${family}/${given}`;
  return words.types[type] ? `${name} (${words.types[type]})` : name;
}

function describeExtra({ kind, quantity, traveller, seat, price }, language, words) {
  const what = `${words.kinds[kind] ?? kind} ${seat ?? `× ${quantity}`}`;
  return `${traveller}. ${what}: ${isNothing(price) ? words.included : formatMoney(price, language)}`;
}

function isNothing({ amount }) {
  return Number(amount) === 0;
}

function renderWarnings(warnings) {
  const items = warnings.map(({ message }) => el("li", {}, icon("alert"), el("span", {}, message)));
  return el("ul", { class: "warnings" }, ...items);
}

function renderAnswer(card, words, { waiting, answer }) {
  const say = (approved) => () => answer(card, { approved, quote_hash: card.quote_hash });
  const buttons = [
    el("button", { type: "button", class: "act primary", onclick: say(true) }, nameYes(card, words)),
    el("button", { type: "button", class: "act", onclick: say(false) }, words.no),
  ];
  const acts = el("div", { class: "acts" }, ...buttons);
  const over = el("p", { class: "over", hidden: true });
  waiting.watch(card.proposal_id, card.expires_at, (state) => {
    const isOver = state === "closed" || state === "expired";
    for (const button of buttons) button.disabled = state !== "open";
    acts.hidden = isOver;
    over.hidden = !isOver;
    over.textContent = state === "expired" ? words.expired(formatMoment(card.expires_at, card.language)) : words.closed;
  });
  return [acts, over];
}

function nameYes({ action, total, language }, { yes }) {
  if (action === "change" && isNothing(total)) return yes.changeFree;
  const name = yes[action] ?? yes.other;
  return typeof name === "function" ? name(formatMoney(total, language)) : name;
}
