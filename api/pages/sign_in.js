/** Signing in on our own origin; for a widget on any page it ends with a one-time code, given after a click only. */

import { el, icon } from "/widget/dom.js";
import {
  addressOf,
  answerOpener,
  askingOrigin,
  askingSite,
  call,
  dressPage,
  leaveScreen,
  onScreen,
  openScreen,
  query,
  readOwnPath,
  readScreen,
  replaceScreen,
  resume,
  send,
  show,
  showLoading,
  signIn,
  signOut,
  words,
} from "./account.js";
import { describeMail, findWays, makeCode, makeNewPassword, readCode, renderSendAgain } from "./account_codes.js";
import { field, form, showTrouble } from "./account_forms.js";
import { renderButton, renderNote, renderTitle } from "./account_parts.js";

const isForWidget = Boolean(askingOrigin && query.get("conversation_id"));
const isForeign = isForWidget && askingOrigin !== location.origin;
const continueTo = readOwnPath(query.get("continue_to"));
const CONSENT_DELAY_MILLISECONDS = 500;
const FORGOTTEN = "/v1/auth/password/forgot";

const SCREENS = { register: showRegister, forgotten: showForgotten, reset: showReset };

let typedEmail = history.state?.email ?? "";
/** Whether Google is a way in (on, simulated or off), and whether mail goes out (on or simulated). */
let ways = null;
/** Who has signed in. */
let person = null;
/** What the first screen says above its form. */
let note = null;

function makeEmail() {
  return field({
    name: "email",
    label: words.email,
    type: "email",
    autocomplete: "username",
    inputmode: "email",
    spellcheck: "false",
    autocapitalize: "none",
    maxlength: 254,
    value: typedEmail,
    invalid: words.emailInvalid,
    autofocus: true,
  });
}

function describePurpose() {
  if (query.has("again")) return words.signInAgain;
  return isForeign ? words.signInFor(askingSite) : words.signInMore;
}

function showScreen() {
  if (person) goOn(person);
  else (SCREENS[readScreen()] ?? showSignIn)();
}

function showSignIn() {
  const password = { name: "password", label: words.password, type: "password", autocomplete: "current-password" };
  const fields = [makeEmail(), field({ ...password, maxlength: 128, invalid: words.passwordInvalid })];
  const entry = form({
    fields,
    body: fields.map((each) => each.node),
    submit: words.signIn,
    codes: { credentials_wrong: "password" },
    onsubmit: async (values) => enter(await signIn("/v1/auth/login", values)),
  });
  const remember = (screen) => () => {
    typedEmail = fields[0].input.value;
    note = null;
    openScreen(screen);
  };
  show(
    renderTitle(words.signInTitle, describePurpose()),
    note,
    entry,
    el("p", { class: "aside" }, renderButton("link", words.forgot, remember("forgotten"))),
    renderGoogle(),
    el("p", { class: "aside" }, `${words.noAccount} `, renderButton("link", words.register, remember("register"))),
  );
}

function showRegister() {
  const fields = [
    makeEmail(),
    makeNewPassword("password", words.password),
    field({ name: "full_name", label: words.fullNameOptional, autocomplete: "name", maxlength: 100, isOptional: true }),
  ];
  const entry = form({
    fields,
    body: fields.map((each) => each.node),
    submit: words.register,
    codes: { email_taken: "email" },
    onsubmit: async ({ email, password, full_name: name }) => {
      const named = name ? { full_name: name } : {};
      enter(await signIn("/v1/auth/register", { email, password, ...named }));
    },
  });
  show(
    renderTitle(words.register, describePurpose()),
    entry,
    renderGoogle(),
    el("p", { class: "aside" }, `${words.hasAccount} `, renderButton("link", words.signIn, leaveScreen)),
  );
}

function showForgotten() {
  const email = makeEmail();
  const entry = form({
    fields: [email],
    body: [email.node],
    submit: words.sendCode,
    beside: renderButton("link", words.back, leaveScreen),
    onsubmit: async (values) => {
      await send("POST", FORGOTTEN, values);
      typedEmail = values.email;
      openScreen("reset", { email: typedEmail });
    },
  });
  show(renderTitle(words.forgotTitle, words.forgotMore), entry);
}

function showReset() {
  if (!typedEmail) return showForgotten();
  const code = makeCode();
  // without it a password manager would not know whose the new password is
  const account = el("input", { type: "email", autocomplete: "username", value: typedEmail, hidden: true });
  const password = makeNewPassword("new_password", words.newPassword);
  const entry = form({
    fields: [code, password],
    body: [account, code.node, password.node],
    submit: words.setPassword,
    codes: { code_invalid: "code" },
    beside: renderButton("link", words.back, leaveScreen),
    onsubmit: async (values) => {
      await send("POST", "/v1/auth/password/reset", { email: typedEmail, ...values, code: readCode(values) });
      note = renderNote("good", words.resetDone);
      replaceScreen("");
    },
  });
  show(
    renderTitle(words.forgotTitle, describeMail(ways.mail, words.resetMore, typedEmail)),
    entry,
    renderSendAgain(() => send("POST", FORGOTTEN, { email: typedEmail })),
  );
}

/** Google sends the browser back to this very page. */
function renderGoogle() {
  if (ways.google === "off") return null;
  const back = new URLSearchParams({ continue_to: addressOf({ error: null, again: null }) });
  return el(
    "div",
    { class: "google" },
    el("p", { class: "or" }, words.or),
    el("a", { class: "secondary", href: `/v1/auth/google/start?${back}` }, words.googleWays[ways.google]),
  );
}

/** Somebody has just signed in by hand. On our own origin that says enough; a foreign page still needs a click. */
async function enter(user) {
  person = user;
  // where it fails, a second try tells why
  if (isForWidget && !isForeign) await handOver(user).catch(() => showConsent(user));
  else goOn(user);
}

function goOn(user) {
  if (isForWidget) showConsent(user);
  else if (continueTo) location.replace(continueTo);
  else showSignedIn(user);
}

function showConsent(user) {
  const trouble = el("div", { class: "alert", role: "alert" });
  const label = isForeign ? words.continueTo(askingSite, user.email) : words.continueAs(user.email);
  const onclick = async ({ currentTarget: button }) => {
    button.disabled = true;
    await handOver(user).catch((error) => showTrouble(trouble, error));
    button.disabled = false;
  };
  const button = renderButton("primary", label, onclick, { disabled: true });
  // a click that was meant for the page below this window is too early to be a yes
  setTimeout(() => (button.disabled = false), CONSENT_DELAY_MILLISECONDS);
  show(
    renderTitle(words.consentTitle, isForeign ? words.consentMore(askingSite) : words.consentOwn),
    isForeign && renderPowers(),
    renderPerson(user),
    trouble,
    button,
    el("p", { class: "aside" }, renderButton("link", words.otherAccount, changeAccount)),
  );
}

function renderPowers() {
  return el(
    "ul",
    { class: "powers", "aria-label": words.consentCan },
    el("li", { class: "good" }, icon("check"), el("span", {}, words.consentChat)),
    el("li", { class: "quiet" }, icon("cross"), el("span", {}, words.consentCannot)),
  );
}

function renderPerson({ full_name: name, email }) {
  return el(
    "div",
    { class: "person" },
    el("span", { class: "disc" }, icon("person")),
    el("div", {}, name && el("strong", {}, name), el("span", { class: "quiet" }, email)),
  );
}

/** Make the code and give it to the page that asked, by its exact origin. */
async function handOver(user) {
  const head = renderTitle(words.signedInTitle, words.signedInAs(user.email));
  if (!window.opener) return show(head, renderNote("warn", words.noOpener));
  const { code } = await call("POST", "/v1/auth/codes", {
    conversation_id: query.get("conversation_id"),
    origin: askingOrigin,
    site_key: query.get("site_key"),
  });
  answerOpener({ type: "travel-assistant.code", code });
  show(head, renderNote("good", words.handedOver));
}

function showSignedIn(user) {
  show(
    renderTitle(words.signedInTitle),
    renderPerson(user),
    el("a", { class: "primary", href: "/travellers" }, words.toTravellers),
    el("p", { class: "aside" }, renderButton("link", words.otherAccount, changeAccount)),
  );
}

async function changeAccount() {
  await signOut().catch(() => {}); // the next sign-in takes its place anyway
  person = null;
  replaceScreen("");
}

function showTroubleOnly(error) {
  const place = el("div");
  showTrouble(place, error);
  show(renderTitle(words.signInTitle), place, renderButton("primary", words.tryAgain, begin));
}

async function begin() {
  showLoading();
  const error = query.get("error");
  note = error && renderNote("bad", words.errors[error] ?? words.errors.other);
  try {
    ways = await findWays();
    const isAsked = note || query.has("again");
    person = !isAsked && (await resume()) ? await call("GET", "/v1/auth/me") : null;
    showScreen();
  } catch (failure) {
    showTroubleOnly(failure);
  }
}

dressPage(words.signInTitle);
onScreen(() => ways && showScreen());
begin();
