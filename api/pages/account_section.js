/** The account below the travellers: its address and password, signing out, taking the data along, deleting it all. */

import { el } from "/widget/dom.js";
import { call, leaveScreen, openScreen, replaceScreen, show, signOut, words } from "./account.js";
import { showCalendar } from "./account_calendar.js";
import { describeMail, makeCode, makeNewPassword, readCode, renderSendAgain } from "./account_codes.js";
import { field, form, showTrouble } from "./account_forms.js";
import { confirm, renderButton, renderTitle } from "./account_parts.js";

/** By their names in the address; each gets the user, where our mail goes, and what to call with the news. */
export const ACCOUNT_SCREENS = {
  email: showEmail,
  code: showCode,
  password: showPassword,
  calendar: showCalendar,
};

export function renderAccount(user) {
  const trouble = el("div", { class: "alert", role: "alert" });
  const guard = (act) => () => act().catch((error) => showTrouble(trouble, error));
  return el(
    "section",
    { class: "panel account", "aria-labelledby": "account-title" },
    el(
      "div",
      { class: "heading" },
      el("div", {}, el("h2", { id: "account-title" }, words.accountTitle), renderAddress(user)),
      renderButton("secondary", words.signOut, guard(leave)),
    ),
    trouble,
    !user.email_verified_at && renderStep(words.emailUnproved, words.enterCode, "code"),
    renderStep(words.changeEmailMore, words.changeEmail, "email"),
    renderStep(words.changePasswordMore, words.changePassword, "password"),
    renderStep(words.connectCalendarMore, words.connectCalendar, "calendar"),
    renderOption(words.exportMore, renderButton("secondary", words.export, guard(download))),
    renderOption(words.deleteAccountMore, renderButton("secondary danger", words.deleteAccount, () => askToDelete(user))),
  );
}

function renderAddress({ email, email_verified_at: provedAt }) {
  const state = provedAt
    ? el("span", { class: "chip" }, words.proved)
    : el("span", { class: "chip warn" }, words.unproved);
  return el("p", { class: "address quiet" }, el("span", {}, email), state);
}

function renderStep(more, label, screen) {
  return renderOption(more, renderButton("secondary", label, () => openScreen(screen)));
}

function renderOption(more, button) {
  return el("div", { class: "option" }, el("div", { class: "quiet" }, more), button);
}

function showEditor(title, more, ...nodes) {
  show(el("div", { class: "editor narrow" }, renderTitle(title, more), ...nodes));
}

function sendCodeTo(email) {
  return call("POST", "/v1/auth/email", { email });
}

function showEmail({ email: present }) {
  const common = { autocomplete: "email", inputmode: "email", spellcheck: "false", autocapitalize: "none" };
  const email = field({
    name: "email",
    label: words.newEmail,
    type: "email",
    ...common,
    maxlength: 254,
    invalid: words.emailInvalid,
    autofocus: true,
  });
  const entry = form({
    fields: [email],
    body: [email.node],
    submit: words.sendCode,
    codes: { email_taken: "email" },
    beside: renderButton("link", words.leave, leaveScreen),
    onsubmit: async (values) => {
      await sendCodeTo(values.email);
      replaceScreen("code", { email: values.email });
    },
  });
  showEditor(words.changeEmail, words.changeEmailFrom(present), entry);
}

/** For the address just asked for, or the one the account has. */
function showCode(user, mail, onDone) {
  const email = history.state?.email ?? user.email;
  const code = makeCode();
  const entry = form({
    fields: [code],
    body: [code.node],
    submit: words.confirm,
    codes: { code_invalid: "code" },
    beside: renderButton("link", words.leave, leaveScreen),
    onsubmit: async (values) => {
      await call("POST", "/v1/auth/email/confirm", { code: readCode(values) });
      onDone(words.emailProved);
    },
  });
  const more = describeMail(mail, words.codeSent, email);
  showEditor(words.enterCode, more, entry, renderSendAgain(() => sendCodeTo(email)));
}

function showPassword({ email }, mail, onDone) {
  // without it a password manager would not know whose the new password is
  const account = el("input", { type: "email", autocomplete: "username", value: email, hidden: true });
  const present = field({
    name: "current_password",
    label: words.presentPassword,
    type: "password",
    autocomplete: "current-password",
    maxlength: 128,
    hint: words.presentPasswordHint,
    autofocus: true,
    isOptional: true,
  });
  const next = makeNewPassword("new_password", words.newPassword);
  const entry = form({
    fields: [present, next],
    body: [account, present.node, next.node],
    submit: words.changePassword,
    codes: { password_wrong: "current_password" },
    beside: renderButton("link", words.leave, leaveScreen),
    onsubmit: async ({ current_password: current, new_password }) => {
      await call("POST", "/v1/auth/password", { current_password: current || null, new_password });
      onDone(words.passwordChanged);
    },
  });
  showEditor(words.changePassword, words.changePasswordMore, entry);
}

async function leave() {
  await signOut();
  location.assign("/");
}

async function download() {
  const rows = await call("GET", "/v1/users/me/export");
  const file = new Blob([JSON.stringify(rows, null, 2)], { type: "application/json" });
  const href = URL.createObjectURL(file);
  el("a", { href, download: "travel-assistant-data.json" }).click();
  URL.revokeObjectURL(href);
}

function askToDelete({ email }) {
  confirm({
    title: words.deleteAccountTitle(email),
    more: words.deleteAccountMore,
    yes: words.deleteForever,
    act: async () => {
      const { kept } = await call("DELETE", "/v1/users/me");
      await signOut().catch(() => {}); // nobody is left to sign out: only the cookie
      showFarewell(kept);
    },
  });
}

function showFarewell(kept) {
  const items = kept.map(({ what, why }) => el("li", {}, what, el("p", { class: "quiet" }, why)));
  show(
    renderTitle(words.accountDeleted),
    items.length > 0 && el("p", {}, words.kept),
    items.length > 0 && el("ul", { class: "panel" }, ...items),
    el("a", { class: "primary", href: "/" }, words.toChat),
  );
}
