/** The travellers of an account with their papers, and the account itself. */

import { SignInEnded } from "/widget/client.js";
import { el, icon } from "/widget/dom.js";
import {
  addressOf,
  answerOpener,
  askingOrigin,
  askingSite,
  call,
  dressPage,
  language,
  leaveScreen,
  onScreen,
  openScreen,
  readScreen,
  show,
  showLoading,
  words,
} from "./account.js";
import { findWays } from "./account_codes.js";
import { showTrouble } from "./account_forms.js";
import { confirm, formatDay, nameOf, renderButton, renderNote, renderTitle } from "./account_parts.js";
import { ACCOUNT_SCREENS, renderAccount } from "./account_section.js";
import { showTravellerForm, TRAVELLERS } from "./travellers_form.js";

/** The page that opened this one waits for a traveller. */
const isChoosing = Boolean(askingOrigin && window.opener);
const MOST = 100;
const countries = new Intl.DisplayNames(language, { type: "region", fallback: "code" });

/** What the list says once: `about` is the traveller just saved, `note` stands above. */
let news = {};

/** Leave a form for the list. */
function leave(said) {
  news = said;
  leaveScreen();
}

function leaveForm(saved) {
  leave(saved ? { note: words.saved, about: saved } : {});
}

async function showScreen() {
  const screen = readScreen();
  const showIt = await prepare(screen);
  if (readScreen() === screen) showIt(); // else it was left while its data came
}

/** Ask for what a screen shows; gives what shows it. */
async function prepare(screen) {
  if (screen === "new") return () => showTravellerForm(null, leaveForm);
  const showAccountScreen = ACCOUNT_SCREENS[screen];
  if (screen && !showAccountScreen) {
    const traveller = await call("GET", `${TRAVELLERS}/${encodeURIComponent(screen)}`);
    return () => showTravellerForm(traveller, leaveForm);
  }
  const user = await call("GET", "/v1/auth/me");
  if (showAccountScreen) {
    const { mail } = await findWays();
    return () => showAccountScreen(user, mail, (note) => leave({ note }));
  }
  const travellers = await call("GET", `${TRAVELLERS}?limit=${MOST}`);
  return () => showTravellers(user, travellers);
}

function showTravellers(user, travellers) {
  const { note, about } = news;
  const more = isChoosing ? words.chooseMore(askingSite) : words.travellersMore;
  const adding = renderButton("primary", words.add, () => openScreen("new"));
  news = {};
  show(
    el("div", { class: "heading" }, renderTitle(words.travellersTitle, more), travellers.length > 0 && adding),
    note && renderNote("good", note),
    travellers.length ? renderPeople(travellers, about) : renderEmpty(adding),
    isChoosing && travellers.length > 0 && renderFinish(),
    !isChoosing && renderAccount(user),
  );
}

function renderEmpty(adding) {
  return el(
    "div",
    { class: "empty" },
    el("span", { class: "disc" }, icon("person")),
    el("h2", {}, words.noTravellers),
    el("p", { class: "quiet" }, words.noTravellersMore),
    adding,
  );
}

function renderPeople(travellers, about) {
  const chosen = about?.id ?? travellers[0].id;
  const items = travellers.map((each) => el("li", {}, renderTraveller(each, each.id === chosen)));
  return el("ul", { class: "people" }, ...items);
}

function renderTraveller(traveller, isChosen) {
  const name = nameOf(traveller);
  const type = traveller.traveller_type;
  const latin = [traveller.latin_last_name, traveller.latin_first_name];
  return el(
    "article",
    { class: "traveller" },
    el("header", {}, renderName(traveller, name, isChosen), type && el("span", { class: "chip" }, words.types[type])),
    latin.every(Boolean) && el("p", { class: "latin" }, latin.join(" ")),
    renderFacts(traveller),
    ...traveller.warnings.map(({ message }) => renderNote("warn", message)),
    el(
      "div",
      { class: "buttons" },
      renderButton("secondary", words.edit, () => openScreen(traveller.id), { "aria-label": words.editName(name) }),
      renderButton("secondary danger", words.delete, () => remove(traveller), { "aria-label": words.deleteName(name) }),
    ),
  );
}

function renderName(traveller, name, isChosen) {
  if (!isChoosing) return el("h2", {}, name);
  const choice = { value: traveller.id, checked: isChosen, "aria-label": words.choose(name) };
  return el("label", {}, el("input", { type: "radio", name: "traveller", ...choice }), el("h2", {}, name));
}

function renderFacts({ dob, nationality, passport_number: number, passport_expiry: expiry }) {
  const passport = [el("b", {}, number), expiry && words.validUntil(formatDay(expiry))].filter(Boolean);
  return el(
    "p",
    { class: "facts" },
    dob && el("span", {}, words.bornOn(formatDay(dob))),
    nationality && el("span", {}, countries.of(nationality)),
    number ? el("span", {}, `${words.passport} `, passport[0], " ", passport[1]) : el("span", {}, words.noPassport),
  );
}

function renderFinish() {
  const finish = () => {
    const chosen = document.querySelector("[name=traveller]:checked");
    answerOpener({ type: "travel-assistant.passenger", passenger_id: chosen.value });
    show(renderTitle(words.travellersTitle), renderNote("good", words.handedOver));
  };
  const more = el("p", {}, words.chooseMore(askingSite));
  return el("div", { class: "finish" }, more, renderButton("primary", words.done, finish));
}

function remove(traveller) {
  confirm({
    title: words.deleteTitle(nameOf(traveller)),
    more: words.deleteMore,
    yes: words.delete,
    act: async () => {
      await call("DELETE", `${TRAVELLERS}/${traveller.id}`);
      news = { note: words.deleted };
      await guard(showScreen);
    },
  });
}

/** What the page cannot show without an answer: it says why, or leads to the sign-in. */
async function guard(act) {
  try {
    await act();
  } catch (error) {
    if (error instanceof SignInEnded) {
      location.replace(`/sign-in?${new URLSearchParams({ continue_to: addressOf({}) + location.hash })}`);
      return;
    }
    const place = el("div");
    showTrouble(place, error);
    show(renderTitle(words.travellersTitle), place, renderWayOut(error));
  }
}

/** Trying again does not bring an account back, nor a traveller who is gone. */
function renderWayOut({ code, status }) {
  if (code === "account_not_found") return el("a", { class: "primary", href: "/" }, words.toHome);
  if (readScreen() && [404, 422].includes(status)) return renderButton("primary", words.back, leaveScreen);
  return renderButton("primary", words.tryAgain, begin);
}

function begin() {
  showLoading();
  return guard(showScreen);
}

onScreen(begin);
dressPage(words.travellersTitle);
begin();
