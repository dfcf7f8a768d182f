/**
 * `<travel-chat api site-key lang theme open>`: the launcher. The chat itself is fetched when it is first opened.
 *
 * `api` is the origin of the chat API (ours by default), `site-key` names the website to it where that is not ours,
 * `lang` is vi or en (the browser's by default), `theme` is light or dark (the system's by default), `open` opens it at
 * once. Methods: open() close() send(text) reset().
 * Events: tc:open, tc:close, tc:message, tc:error.
 */

import { createSheet, el, icon } from "./widget/dom.js";
import { chooseLanguage, keepLanguage, matchLanguage, wordsIn } from "./widget/words.js";

const launcherSheet = createSheet(`
  :host {
    color-scheme: light dark;
    --tc-brand: light-dark(#0b5c6d, #63c7d6);
    --tc-fill: light-dark(#0b5c6d, #11535f);
  }
  :host([theme="light"]) { color-scheme: light; }
  :host([theme="dark"]) { color-scheme: dark; }
  .icon { width: 1.5em; height: 1.5em; fill: none; stroke: currentColor; stroke-width: 1.8;
    stroke-linecap: round; stroke-linejoin: round; }
  .launcher { position: fixed; z-index: 2147483000; right: max(20px, env(safe-area-inset-right));
    bottom: max(20px, env(safe-area-inset-bottom)); width: 60px; height: 60px; border: 0; border-radius: 50%;
    display: grid; place-items: center; font-size: 18px; color: #fff; background: var(--tc-fill);
    box-shadow: 0 6px 20px rgb(0 0 0 / .28); cursor: pointer; }
  .launcher[hidden] { display: none; }
  .launcher:focus-visible { outline: 3px solid var(--tc-brand); outline-offset: 3px; }
  .launcher.unread::after { content: ""; position: absolute; top: 2px; right: 2px; width: 14px; height: 14px;
    border: 2px solid Canvas; border-radius: 50%; background: light-dark(#c4320a, #ff8a5c); }
`);

class TravelChat extends HTMLElement {
  static observedAttributes = ["lang"];

  #root = this.attachShadow({ mode: "open" });
  #launcher = el("button", { class: "launcher", part: "launcher", onclick: () => this.open() }, icon("chat"));
  #panel = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [launcherSheet];
    this.#root.append(this.#launcher);
    this.addEventListener("tc:close", () => this.#onClose());
    this.addEventListener("tc:message", () => this.#mark(!this.#launcher.hidden));
  }

  connectedCallback() {
    this.lang = chooseLanguage(this.lang);
    if (this.hasAttribute("open")) this.#open();
  }

  /** The panel reads its language here too, so changing `lang` translates everything. */
  attributeChangedCallback() {
    const language = matchLanguage(this.lang);
    if (!language) return;
    this.#label();
    if (!this.#panel) return;
    keepLanguage(language);
    this.#panel.then((panel) => panel.translate());
  }

  async open() {
    (await this.#open()).focusComposer();
  }

  async close() {
    (await this.#panel)?.close();
  }

  async send(text) {
    await (await this.#open()).send(text);
  }

  async reset() {
    (await this.#open()).reset();
  }

  async #open() {
    this.#panel ??= this.#loadPanel();
    const panel = await this.#panel;
    panel.open();
    this.#launcher.hidden = true;
    this.#mark(false);
    this.dispatchEvent(new Event("tc:open"));
    return panel;
  }

  async #loadPanel() {
    const { Panel } = await import("./widget/panel.js");
    return new Panel(this, this.#root);
  }

  #onClose() {
    this.#launcher.hidden = false;
    this.#launcher.focus();
  }

  #mark(isUnread) {
    this.#launcher.classList.toggle("unread", isUnread);
    this.#label();
  }

  #label() {
    const words = wordsIn(this.lang);
    const isUnread = this.#launcher.classList.contains("unread");
    this.#launcher.setAttribute("aria-label", isUnread ? words.openUnread : words.open);
  }
}

customElements.define("travel-chat", TravelChat);
