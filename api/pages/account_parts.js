/** Small pieces of the account pages. */

import { el, icon } from "/widget/dom.js";
import { language, words } from "./account.js";
import { showTrouble } from "./account_forms.js";

export function renderTitle(title, more) {
  return el("div", { class: "title" }, el("h1", {}, title), more && el("p", { class: "quiet" }, more));
}

const NOTE_ICONS = { good: "check", warn: "info", bad: "alert" };

/** `kind` is good, warn or bad. */
export function renderNote(kind, text) {
  return el("p", { class: `note ${kind}`, role: "status" }, icon(NOTE_ICONS[kind]), el("span", {}, text));
}

/** `kind` is primary, secondary or link. */
export function renderButton(kind, text, onclick, attributes) {
  return el("button", { type: "button", class: kind, onclick, ...attributes }, text);
}

/** Vietnamese puts the family name first. */
export function nameOf({ first_name: first, last_name: last }) {
  return language === "vi" ? `${last} ${first}` : `${first} ${last}`;
}

const DAY_FORMATS = {
  vi: new Intl.DateTimeFormat("vi", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" }),
  en: new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
};

/** 04/12/1990 or 4 Dec 1990, from an ISO day. */
export function formatDay(isoDay) {
  return DAY_FORMATS[language].format(new Date(isoDay));
}

/** Ask before something that cannot be undone. `act` does it; a failure is told in the dialog, which stays. */
export function confirm({ title, more, yes, act }) {
  const trouble = el("div", { class: "alert", role: "alert" });
  const agree = async () => {
    agreeing.disabled = true;
    try {
      await act();
      dialog.close();
    } catch (error) {
      showTrouble(trouble, error);
      agreeing.disabled = false;
    }
  };
  const agreeing = renderButton("primary danger", yes, agree);
  const keeping = renderButton("secondary", words.cancel, () => dialog.close(), { autofocus: true });
  const dialog = el(
    "dialog",
    { "aria-labelledby": "confirm-title" },
    el("h2", { id: "confirm-title" }, title),
    el("p", { class: "quiet" }, more),
    trouble,
    el("div", { class: "actions" }, keeping, agreeing),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
