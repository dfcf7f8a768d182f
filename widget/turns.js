/** What stands in the log: the traveller's messages and the assistant's turns. */

import { renderCard } from "./cards.js";
import { el, icon } from "./dom.js";
import { renderBlocks, renderPlainText } from "./text.js";
import { describeActivity } from "./words.js";

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

  /** `chat` is what its cards can do. */
  constructor(author, chat) {
    this.chat = chat;
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

  /** Show what an event of the run tells about this answer. */
  hear(event, language) {
    switch (event.type) {
      case "RUN_STARTED":
        return this.showActivity(describeActivity("", language));
      case "STEP_STARTED":
        return this.showActivity(describeActivity(event.stepName, language));
      case "TOOL_CALL_START":
        return this.showActivity(describeActivity(event.toolCallName, language));
      case "TEXT_MESSAGE_START":
        return this.startText(event.messageId);
      case "TEXT_MESSAGE_CONTENT":
        this.showActivity("");
        return this.appendText(event.messageId, event.delta);
      case "TEXT_MESSAGE_END":
        return this.endText(event.messageId, event.metadata?.blocks);
      case "ACTIVITY_SNAPSHOT":
        return this.showCard(event.messageId, event.content);
    }
  }

  /** Show the whole of a stored answer. */
  recall({ id, content, blocks, attachments, error, run }, stopped) {
    this.startText(id);
    this.appendText(id, content);
    this.endText(id, blocks);
    attachments.forEach((card) => this.showCard(card.id, card));
    if (error) this.showNotice(error.message);
    else if (run === "cancelled") this.showNotice(stopped);
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
    const node = renderCard(card, this.chat);
    const shown = this.#cardNodes.get(id);
    if (shown) shown.replaceWith(node);
    else this.#cards.append(node);
    this.#cardNodes.set(id, node);
  }

  /** What is going on; nothing when empty. */
  showActivity(text) {
    this.#activity.replaceChildren(...(text ? [el("span", { class: "dots", "aria-hidden": "true" }), text] : []));
  }

  /** `way` is what the action does, or the address it leads to. */
  showNotice(text, action, way) {
    const isLink = typeof way === "string";
    const attributes = isLink ? { href: way, target: "_blank", rel: "opener" } : { type: "button", onclick: way };
    const button = action && el(isLink ? "a" : "button", attributes, action);
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
