/**
 * Who is signed in. A window of our own origin asks for the password and hands a one-time code to this page; no
 * password and no lasting token is ever on a foreign page.
 */

import { el, icon } from "./dom.js";

const POPUP = ["travel-chat-sign-in", "popup,width=480,height=760"];

export class Account {
  node = el("div");
  /** Says who is signed in. */
  line = el("p");

  /** `on`: onSignedIn(), onSignedOut(), onTrouble(error), onBlocked(address). */
  constructor(client, getWords, on) {
    this.client = client;
    this.getWords = getWords;
    this.on = on;
    addEventListener("message", (event) => this.#hear(event));
  }

  show() {
    const { user } = this.client;
    const words = this.getWords();
    this.line.textContent = user ? user.name || words.signedIn : words.subtitle;
    this.node.replaceChildren(user ? this.#renderMenu(words) : this.#renderButton(words.signIn));
  }

  /** The window opens with the click: a browser blocks one that comes later. One that is open keeps what was typed. */
  async signIn() {
    if (this.popup && !this.popup.closed) return this.popup.focus();
    const popup = open("", ...POPUP);
    this.popup = popup;
    try {
      const address = await this.client.prepareSignIn();
      if (popup) popup.location = address;
      else this.on.onBlocked(address);
    } catch (error) {
      popup?.close();
      this.on.onTrouble(error);
    }
  }

  /** Only a window of our own origin, opened by this page, can bring a code. */
  async #hear({ origin, source, data }) {
    const isOurs = origin === new URL(this.client.api).origin && source?.opener === window;
    if (!isOurs || data?.type !== "travel-assistant.code") return;
    try {
      await this.client.redeem(data.code);
    } catch (error) {
      return this.on.onTrouble(error);
    }
    this.show();
    this.on.onSignedIn();
  }

  async #signOut() {
    this.on.onSignedOut(); // first: a run under way can be stopped by its owner only
    const ending = this.client.signOut();
    this.show();
    await ending.catch((error) => this.on.onTrouble(error));
  }

  #renderButton(label) {
    const attributes = { type: "button", title: label, "aria-label": label, onclick: () => this.signIn() };
    return el("div", { class: "me" }, el("button", attributes, icon("person"), el("span", {}, label)));
  }

  #renderMenu({ signedIn, signOut, signOutHere, travellers }) {
    const { api, user } = this.client;
    const isOurs = api === location.origin;
    const onfocusout = ({ currentTarget: menu, relatedTarget }) => {
      if (!menu.contains(relatedTarget)) menu.open = false;
    };
    const summary = el("summary", { title: signedIn, "aria-label": signedIn }, icon("person"), icon("check"));
    const onclick = () => this.#signOut();
    const menu = el(
      "div",
      { class: "menu" },
      el("b", {}, user.name || signedIn),
      isOurs && el("a", { href: "/travellers" }, travellers),
      el("button", { type: "button", class: "out", onclick }, isOurs ? signOut : signOutHere),
    );
    return el("details", { class: "me", onfocusout }, summary, menu);
  }
}
