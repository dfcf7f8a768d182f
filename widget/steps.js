/** Cards whose next step is taken elsewhere: signing in, naming a traveller, paying, connecting a calendar. */

import { renderHeading, renderLines } from "./card_parts.js";
import { createSheet, el } from "./dom.js";
import { formatMoney } from "./formats.js";

const VI = {
  sign_in: "Đăng nhập",
  enter: "Đăng nhập",
  passenger_form: "Hành khách",
  fillIn: "Điền thông tin",
  done: "Mình điền xong rồi",
  payment: "Thanh toán",
  pay: (money) => `Trả ${money}`,
  check: "Mình trả xong rồi",
  askPaid: (reference) => `Đặt chỗ ${reference} đã thanh toán chưa?`,
  calendar: "Google Calendar",
  connect: "Kết nối lịch",
  newTab: "Mở trong thẻ mới",
};

const EN = {
  sign_in: "Sign in",
  enter: "Sign in",
  passenger_form: "Traveller",
  fillIn: "Fill in the form",
  done: "I have filled it in",
  payment: "Payment",
  pay: (money) => `Pay ${money}`,
  check: "I have paid",
  askPaid: (reference) => `Is booking ${reference} paid?`,
  calendar: "Google Calendar",
  connect: "Connect the calendar",
  newTab: "Opens in a new tab",
};

export const sheet = createSheet(`
.lines:last-child { padding-bottom: 12px; }
`);

/** Each gives the lines of its card's text that are told, and the buttons below. */
const STEPS = { sign_in: askToSignIn, passenger_form: askForTraveller, payment: askToPay, calendar: askToConnect };

/** Our own page, where the form is, once the calendar is asked for. */
const CALENDAR_PAGE = "/travellers#calendar";

export function fill(section, card, chat) {
  const words = card.language === "vi" ? VI : EN;
  const { lines, acts } = STEPS[card.type](card, words, chat);
  if (card.type === "payment") putAsideEarlier(section, card.booking_id);
  section.setAttribute("aria-label", words[card.type]);
  section.append(
    renderHeading(card, words[card.type]),
    renderLines(lines),
    acts.some(Boolean) ? el("div", { class: "acts" }, ...acts) : "",
  );
}

/** What is due for a booking is paid by its newest card. */
function putAsideEarlier(section, bookingId) {
  section.getRootNode().querySelectorAll(`[data-pays-for="${bookingId}"] .acts`).forEach((acts) => acts.remove());
  section.dataset.paysFor = bookingId;
}

function renderButton(label, onclick, kind = "act") {
  return el("button", { type: "button", class: kind, onclick }, label);
}

function renderLink(href, label, words) {
  const isWeb = /^https?:\/\//.test(href);
  return isWeb && el("a", { class: "act primary", href, target: "_blank", rel: "noopener", title: words.newTab }, label);
}

/** A button that is there while its card waits. */
function showWhileOpen(button, card, waiting) {
  waiting.watch(card.id, null, (state) => {
    button.disabled = state === "held";
    button.hidden = state === "closed";
  });
  return button;
}

/** The line with the page's address is for those who have no button. */
function dropPath(card) {
  return card.text.split("\n").filter((line) => !line.includes(card.page_path));
}

function askToSignIn(card, words, { enter, waiting }) {
  const button = renderButton(words.enter, () => enter(card), "act primary");
  return { lines: dropPath(card), acts: [showWhileOpen(button, card, waiting)] };
}

function askForTraveller(card, words, { answer, addressOf, waiting }) {
  const done = renderButton(words.done, () => answer(card));
  const link = renderLink(addressOf(card.page_path, card.language), words.fillIn, words);
  return { lines: dropPath(card), acts: [link, showWhileOpen(done, card, waiting)] };
}

function askToPay(card, words, { say }) {
  const url = card.payment_url;
  const lines = card.text.split("\n").filter((line) => line !== url);
  const link = url && renderLink(url, words.pay(formatMoney(card.amount, card.language)), words);
  return { lines, acts: [link, link && renderButton(words.check, () => say(words.askPaid(card.booking_reference)))] };
}

function askToConnect(card, words, { addressOf }) {
  const link = card.connect_path && renderLink(addressOf(CALENDAR_PAGE, card.language), words.connect, words);
  return { lines: card.text.split("\n"), acts: [link] };
}
