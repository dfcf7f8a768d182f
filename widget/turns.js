/** What stands in the log: the traveller's messages and the assistant's turns. */

import { renderCard } from "./cards.js";
import { el, icon } from "./dom.js";
import { renderBlocks, renderPlainText } from "./text.js";

export function renderUserMessage(text, author) {
  return el("article", { class: "user" }, el("span", { class: "unseen" }, `${author}: `), el("p", {}, text));
}

export function renderChips(chips, say, label) {
  const buttons = chips.map(({ text }) => el("button", { type: "button", onclick: () => say(text) }, text));
  return el("div", { class: "chips", role: "group", "aria-label": label }, ...buttons);
}

/** One answer: its texts, then its cards, then what went wrong, then what is going on. */
export class AssistantTurn {
  #texts = el("div", { class: "texts" });
  #cards = el("div", { class: "cards" });
  #notice = el("div", { class: "notices" });
  #activity = el("p", { class: "activity" });
  #messages = new Map();
  #cardNodes = new Map();

  constructor(author, say) {
    this.say = say;
    this.node = el(
      "article",
      { class: "assistant" },
      el("span", { class: "unseen" }, `${author}: `),
      this.#texts,
      this.#cards,
      this.#notice,
      this.#activity,
    );
  }

  startText(id) {
    const node = el("div", { class: "text" });
    this.#messages.set(id, { node, text: "" });
    this.#texts.append(node);
  }

  appendText(id, delta) {
    const message = this.#messages.get(id);
    message.text += delta;
    message.node.replaceChildren(...renderPlainText(message.text));
  }

  /** Without the server's tree the plain text stays. */
  endText(id, blocks) {
    if (blocks?.length) this.#messages.get(id).node.replaceChildren(...renderBlocks(blocks));
  }

  /** A card of the same id takes the place of the one before. */
  showCard(id, card) {
    const node = renderCard(card, this.say);
    const shown = this.#cardNodes.get(id);
    if (shown) shown.replaceWith(node);
    else this.#cards.append(node);
    this.#cardNodes.set(id, node);
  }

  /** What is going on; nothing when empty. */
  showActivity(text) {
    this.#activity.replaceChildren(...(text ? [el("span", { class: "dots", "aria-hidden": "true" }), text] : []));
  }

  showNotice(text, action, onclick) {
    const button = action && el("button", { type: "button", onclick }, action);
    this.#notice.replaceChildren(el("p", { class: "notice" }, icon("alert"), el("span", {}, text), button));
  }

  clearNotice() {
    this.#notice.replaceChildren();
  }

  /** All that was said, for those who listen. */
  get text() {
    return this.#texts.innerText;
  }
}
