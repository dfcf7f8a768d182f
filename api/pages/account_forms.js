/** Forms whose faults stand beside their fields, in the page's own language. */

import { explain, SignInEnded } from "/widget/client.js";
import { el, icon } from "/widget/dom.js";
import { addressOf, words } from "./account.js";

let count = 0;

/**
 * A labelled field. `options` ([value, label] pairs) makes it a select; `hint` stands below it; `invalid` is what is
 * said of a malformed value. The rest are attributes of the input; what is typed with `data-secret` is nowhere kept.
 */
export function field({ name, label, hint, invalid, options, isOptional, value = "", ...attributes }) {
  const id = `field-${(count += 1)}`;
  const described = { "aria-describedby": `${id}-hint ${id}-fault`, "aria-required": !isOptional };
  const secrecy = { "data-secret": attributes.type === "password" };
  const input = el(options ? "select" : "input", { id, name, ...described, ...secrecy, ...attributes });
  if (options) input.append(...options.map(([each, text]) => el("option", { value: each }, text)));
  input.value = value;
  const node = el(
    "div",
    { class: "row" },
    el("label", { for: id }, label),
    attributes.type === "password" ? withToggle(input) : input,
    el("p", { class: "hint", id: `${id}-hint` }, hint),
    el("p", { class: "fault", id: `${id}-fault` }),
  );
  return { name, node, input, invalid, isOptional, fault: node.lastChild };
}

function withToggle(input) {
  const toggle = el("button", { type: "button", class: "toggle" });
  const label = () => {
    const isHidden = input.type === "password";
    toggle.textContent = isHidden ? words.show : words.hide;
    toggle.setAttribute("aria-label", isHidden ? words.showPassword : words.hidePassword);
  };
  toggle.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    label();
  });
  label();
  return el("div", { class: "with-toggle" }, input, toggle);
}

/** Some fields of a form under one heading. */
export function group(title, more, ...nodes) {
  return el("fieldset", {}, el("legend", {}, title), more && el("p", { class: "quiet" }, more), ...nodes);
}

/**
 * A form of `fields` that are somewhere in `body`. `onsubmit` gets their trimmed values by name (passwords as typed)
 * and may throw what the API throws; `codes` names the field that an error code is about.
 */
export function form({ fields, body, submit, onsubmit, codes = {}, beside }) {
  const alert = el("div", { class: "alert", role: "alert" });
  const button = el("button", { type: "submit", class: "primary" }, submit);
  const node = el("form", { novalidate: true }, ...body, alert, el("div", { class: "actions" }, button, beside));
  let isBusy = false;

  const send = async () => {
    clear(fields, alert);
    const empty = fields.filter((each) => !each.isOptional && !each.input.value.trim());
    if (empty.length) return empty.forEach((each) => blame(each, words.required));
    isBusy = true;
    button.textContent = words.sending;
    try {
      await onsubmit(Object.fromEntries(fields.map(({ name, input }) => [name, readValue(input)])));
    } catch (error) {
      tell(error, fields, codes, alert);
    } finally {
      isBusy = false;
      button.textContent = submit;
    }
  };
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    await send();
    node.querySelector("[aria-invalid]")?.focus();
  });
  return node;
}

/** A paragraph for what went wrong outside a form. */
export function showTrouble(place, error) {
  place.replaceChildren(renderAlert(explain(error, words), error));
}

function readValue(input) {
  const isPassword = input.autocomplete.endsWith("password");
  return isPassword ? input.value : input.value.trim();
}

function clear(fields, alert) {
  alert.replaceChildren();
  for (const { input, fault } of fields) {
    input.removeAttribute("aria-invalid");
    fault.textContent = "";
  }
}

function blame({ input, fault }, text) {
  input.setAttribute("aria-invalid", "true");
  fault.replaceChildren(icon("alert"), text);
}

/** Each fault beside its field; what is about none of them stands above the button. */
function tell(error, fields, codes, alert) {
  const find = (name) => fields.find((each) => each.name === name);
  const faults = Array.isArray(error.detail)
    ? error.detail.map(({ loc, msg }) => ({ about: find(loc.at(-1)), msg, isMalformed: true }))
    : [{ about: find(error.field ?? codes[error.code]), msg: explain(error, words) }];
  for (const { about, msg, isMalformed } of faults) {
    if (about) blame(about, (isMalformed && about.invalid) || msg);
    else alert.append(renderAlert(msg, error));
  }
}

function renderAlert(text, error) {
  const isStale = error.code === "sign_in_again";
  const ways = new URLSearchParams({ ...(isStale && { again: 1 }), continue_to: addressOf({}) + location.hash });
  // a sign-in that ended is taken up in a window of its own: what was typed here stays
  const link = el("a", { href: `/sign-in?${ways}`, target: isStale ? "_self" : "_blank" }, words.signIn);
  const needsLink = isStale || error instanceof SignInEnded;
  return el("p", { class: "note bad" }, icon("alert"), el("span", {}, text, needsLink && " ", needsLink && link));
}
