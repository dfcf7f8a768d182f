/**
 * What our account pages share: their language, their place to show things, and the API as whoever is signed in.
 *
 * The access token lives in this module only; the refresh token is in a cookie no script can read.
 */

import { ApiError, ConnectionLost, SignInEnded } from "/widget/client.js";
import { el } from "/widget/dom.js";
import { chooseLanguage, keepLanguage } from "/widget/words.js";
import { wordsIn } from "./account_words.js";

export const query = new URLSearchParams(location.search);
export const language = chooseLanguage(query.get("lang"));
export const words = wordsIn(language);
/** The page that opened this one and wants an answer; only an exact origin counts. */
export const askingOrigin = readOrigin(query.get("origin"));
export const askingSite = askingOrigin && new URL(askingOrigin).host;

const view = document.querySelector("#view");
let accessToken = null;
/** What was typed before the language was changed, by the fields' names. */
let typed = history.state?.typed;

/** Say which language the page speaks, and offer the other one. */
export function dressPage(title) {
  keepLanguage(language);
  document.documentElement.lang = language;
  document.title = `Mây · ${title}`;
  const link = document.querySelector("#language");
  const other = language === "vi" ? "en" : "vi";
  link.href = addressOf({ lang: other });
  link.lang = link.hreflang = other;
  link.textContent = words.otherLanguage;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    history.replaceState({ ...history.state, typed: readTyped() }, "", addressOf({ lang: other }) + location.hash);
    location.reload();
  });
}

/** Secrets are not kept: who typed one types it again. */
function readTyped() {
  const inputs = view.querySelectorAll("form [name]:not([data-secret])");
  return Object.fromEntries([...inputs].map(({ name, value }) => [name, value]));
}

function restoreTyped() {
  const form = typed && view.querySelector("form");
  if (!form) return;
  for (const [name, value] of Object.entries(typed)) {
    const input = form.elements[name];
    if (!input) continue;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  typed = null;
  history.replaceState({ ...history.state, typed }, "");
}

let showScreen = null;

/** `show` shows the screen that the address names, whenever that changes. */
export function onScreen(show) {
  showScreen = show;
  addEventListener("popstate", () => {
    // an earlier screen may have been opened in the other language
    history.replaceState(history.state, "", addressOf({}) + location.hash);
    show();
  });
}

/** The screen of this page that its address names; the first one has no name. */
export function readScreen() {
  return location.hash.slice(1);
}

/** Go to a screen, so that Back leads here; `state` stays with it. */
export function openScreen(name, state) {
  history.pushState({ ...state, isOpened: true }, "", `${addressOf({})}#${name}`);
  showScreen();
}

/** Go to where this screen was opened. */
export function leaveScreen() {
  if (history.state?.isOpened) history.back();
  else replaceScreen("");
}

/** Go to a screen in place of this one, so that both lead back to the same. */
export function replaceScreen(name, state) {
  history.replaceState({ ...history.state, ...state }, "", addressOf({}) + (name && `#${name}`));
  showScreen();
}

/** This page's own address with some of its query changed; null leaves a name out. */
export function addressOf(changes) {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) changed.delete(name);
    else changed.set(name, value);
  }
  return changed.size ? `${location.pathname}?${changed}` : location.pathname;
}

/** Show this in place of what there was; the focus goes to its first heading, or where `autofocus` says. */
export function show(...nodes) {
  view.replaceChildren(...nodes.filter(Boolean));
  restoreTyped();
  const place = view.querySelector("[autofocus]") ?? view.querySelector("h1");
  if (place.matches("h1")) place.tabIndex = -1;
  place.focus();
}

export function showLoading() {
  view.replaceChildren(el("p", { class: "quiet", role: "status" }, words.loading));
}

/** Whether somebody is signed in, as the cookie says. */
export async function resume() {
  try {
    accessToken = (await send("POST", "/v1/auth/refresh", {})).access_token;
  } catch (error) {
    if (error.status !== 401) throw error;
    accessToken = null;
  }
  return accessToken !== null;
}

/** Sign in or register; gives the user. */
export async function signIn(path, fields) {
  const answer = await send("POST", path, { ...fields, refresh_in: "cookie" });
  accessToken = answer.access_token;
  return answer.user;
}

export async function signOut() {
  accessToken = null;
  await send("POST", "/v1/auth/logout", {});
}

/** Ask as whoever is signed in, as `send` does; raises SignInEnded too. */
export async function call(...request) {
  try {
    if (accessToken) return await send(...request);
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  if (!(await resume())) throw new SignInEnded();
  return send(...request);
}

/** The answer's body, null if it has none. Raises ApiError and ConnectionLost. */
export async function send(method, path, body, headers = {}) {
  headers = { ...headers, "Accept-Language": language };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  if (body) headers["Content-Type"] = "application/json";
  const request = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  const response = await fetch(path, request).catch(() => {
    throw new ConnectionLost();
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response, answer);
  return answer;
}

/** Give an answer to the page that asked, and to no other, and close. */
export function answerOpener(message) {
  window.opener.postMessage(message, askingOrigin);
  // a message whose window is gone at once has no sender any more
  setTimeout(() => window.close(), 300);
}

/** A page of ours by its path and query; null for any other address. */
export function readOwnPath(value) {
  const url = value && URL.canParse(value, location.origin) && new URL(value, location.origin);
  // whole, not its path alone: a path may begin with two slashes, and then names another host
  return url && url.origin === location.origin ? url.href : null;
}

function readOrigin(value) {
  const url = value && URL.canParse(value) && new URL(value);
  return url && /^https?:$/.test(url.protocol) && url.origin === value ? value : null;
}
