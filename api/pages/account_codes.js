/** Fields and words for codes that come by mail and for new passwords. */

import { el } from "/widget/dom.js";
import { send, words } from "./account.js";
import { field, showTrouble } from "./account_forms.js";
import { renderButton, renderNote } from "./account_parts.js";

/** How people may sign in, and where our letters go: `{ google, mail }`. */
export function findWays() {
  return send("GET", "/sign-in/ways");
}

export function makeCode() {
  return field({
    name: "code",
    label: words.code,
    hint: words.codeHint,
    autocomplete: "one-time-code",
    inputmode: "numeric",
    maxlength: 20, // with the blanks it may be read in
    class: "digits",
    autofocus: true,
  });
}

export function readCode({ code }) {
  return code.replace(/\s/g, "");
}

export function makeNewPassword(name, label) {
  return field({
    name,
    label,
    type: "password",
    autocomplete: "new-password",
    maxlength: 128,
    hint: words.passwordHint,
    invalid: words.passwordInvalid,
  });
}

/** Where a code is: `sayings` has a text for letters that go out and one for simulated ones. */
export function describeMail(mail, sayings, email) {
  const link = el("a", { href: "/sandbox/outbox", target: "_blank" }, words.openOutbox);
  return el("span", {}, sayings[mail](email), mail === "simulated" && " ", mail === "simulated" && link);
}

/** `ask` has another code sent. */
export function renderSendAgain(ask) {
  const answer = el("div", { class: "alert", role: "alert" });
  const onclick = async () => {
    button.disabled = true;
    try {
      await ask();
      answer.replaceChildren(renderNote("good", words.sentAgain));
    } catch (error) {
      showTrouble(answer, error);
    }
    button.disabled = false;
  };
  const button = renderButton("link", words.sendAgain, onclick);
  return el("div", { class: "again" }, answer, el("p", { class: "aside" }, button));
}
