/** The open chat: header, log, composer, and what happens between them. */

import { Account } from "./account.js";
import { ChatClient, explain, isWorthRepeating, SignInEnded } from "./client.js";
import { Composer } from "./composer.js";
import { el, icon } from "./dom.js";
import { wordsIn } from "./words.js";
import { LogScroller } from "./scroller.js";
import { panelSheet } from "./styles.js";
import { AssistantTurn, renderChips, renderUserMessage } from "./turns.js";
import { Waiting } from "./waiting.js";

const FULL_SCREEN = "(max-width: 480px)";

export class Panel {
  #stream = null;
  /** Asked to stop before the run had told its name. */
  #isStopWanted = false;
  #fullScreen = matchMedia(FULL_SCREEN);
  /** What sets the words around the conversation, to be called again when the language changes. */
  #sayings = [];
  /** Settled once the log shows what there was. */
  #restored;
  /** What waits for the traveller to sign in again. */
  #resume = null;

  constructor(host, root) {
    this.host = host;
    const api = host.getAttribute("api") ?? new URL(import.meta.url).origin;
    this.client = new ChatClient(api, host.getAttribute("site-key"), () => this.language);
    this.waiting = new Waiting(async () => (await this.client.loadConversation())?.pending_interrupts ?? []);
    this.chat = this.#makeChat();
    root.adoptedStyleSheets.push(panelSheet);
    this.#build();
    root.append(this.dialog);
    this.#fullScreen.addEventListener("change", () => this.isOpen && this.#reopen());
    window.visualViewport?.addEventListener("resize", () => this.#fitViewport());
    this.#restored = this.#restore();
  }

  get words() {
    return wordsIn(this.language);
  }

  get language() {
    return this.host.lang;
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** On a phone the panel is the whole screen, so nothing behind it may take the focus. */
  open() {
    if (this.isOpen) return;
    if (this.#fullScreen.matches) {
      this.dialog.showModal();
      this.dialog.focus(); // not its first button
    } else {
      this.dialog.open = true; // show() would take the focus from where the page has it
    }
    this.#fitViewport();
    this.scroller.settle();
  }

  close() {
    this.dialog.close();
  }

  focusComposer() {
    if (this.#fullScreen.matches) this.dialog.focus(); // the keyboard would cover what there is to read
    else this.composer.focus();
  }

  /** Say everything around the conversation in the language of the host. */
  translate() {
    for (const say of this.#sayings) say();
    this.#showWelcome();
  }

  /** Forget the conversation on this page and begin a new one. */
  reset() {
    this.#stopListening();
    this.client.forgetConversation();
    this.waiting.forget();
    this.#resume = null;
    this.log.replaceChildren();
    this.#showWelcome();
    this.composer.focus();
  }

  async send(text) {
    await this.#restored;
    const message = text.trim();
    if (!message || this.#stream) return;
    await this.#take(message, this.client.sendMessage(message));
  }

  /** A click on a card that waits, in the words of the transcript; `payload` answers one that asks for a yes. */
  async answer(card, payload) {
    await this.#restored;
    if (this.#stream) return;
    const words = wordsIn(card.language);
    const said = payload ? (payload.approved ? words.approved : words.declined) : words.done;
    await this.#take(said, this.client.sendResume(card.proposal_id ?? card.id, payload, card.language));
  }

  async stop() {
    this.#isStopWanted = true;
    if (!this.#stream?.runId) return;
    try {
      await this.client.cancelRun(this.#stream.runId);
    } catch (error) {
      this.status.textContent = this.#explain(error);
    }
  }

  /** What a card can do: say something for the traveller, be answered, ask for the sign-in, lead to a page of ours. */
  #makeChat() {
    return {
      waiting: this.waiting,
      say: (text) => this.#sayForTraveller(text),
      answer: (card, payload) => {
        this.focusComposer(); // the clicked button is about to rest
        this.answer(card, payload);
      },
      enter: (card) => (this.client.user ? this.chat.answer(card) : this.account.signIn()),
      addressOf: (path, language) => {
        const url = new URL(path, this.client.api);
        url.searchParams.set("lang", language);
        return url.href;
      },
    };
  }

  #build() {
    this.composer = new Composer({ send: (text) => this.send(text), stop: () => this.stop() });
    this.#say(() => this.composer.translate(this.words));
    this.log = el("div", { class: "log", role: "log", "aria-live": "off", tabindex: 0 });
    this.status = el("p", { class: "unseen", role: "status" });
    this.welcome = el("section", { class: "welcome" });
    this.pill = el("button", { class: "pill", type: "button", onclick: () => this.scroller.goToEnd() }, icon("down"));
    this.scroller = new LogScroller(this.log, this.pill);
    this.dialog = el(
      "dialog",
      { class: "panel", part: "panel", tabindex: -1, onkeydown: (event) => this.#onKey(event) },
      this.#buildHeader(),
      el("div", { class: "stage" }, this.log, this.pill),
      this.composer.node,
      this.status,
    );
    this.dialog.addEventListener("close", () => this.isOpen || this.host.dispatchEvent(new Event("tc:close")));
    this.#say(() => this.dialog.setAttribute("aria-label", this.words.title));
    this.#say(() => this.log.setAttribute("aria-label", this.words.log));
    this.#say(() => this.pill.setAttribute("aria-label", this.words.toEnd));
  }

  #buildHeader() {
    const title = el("h2");
    this.#say(() => title.replaceChildren(this.words.title));
    const onclick = () => (this.host.lang = this.language === "vi" ? "en" : "vi");
    const language = el("button", { type: "button", class: "language", onclick });
    this.account = new Account(this.client, () => this.words, {
      onSignedIn: () => {
        this.status.textContent = this.words.signedIn;
        this.#goOnSignedIn();
      },
      onSignedOut: () => this.reset(),
      onTrouble: (error) => this.#startTurn().showNotice(this.#explain(error)),
      onBlocked: (address) => this.#startTurn().showNotice(this.words.blocked, this.words.signIn, address),
    });
    this.#say(() => this.account.show());
    this.#say(() => {
      language.replaceChildren(this.language === "vi" ? "EN" : "VI");
      language.setAttribute("aria-label", this.words.otherLanguage);
      language.lang = this.language === "vi" ? "en" : "vi";
    });
    return el(
      "div", // a header here would be a second banner of the host page
      { class: "head", part: "header" },
      el("div", {}, title, this.account.line),
      this.account.node,
      language,
      this.#buildIconButton("fresh", () => this.reset()),
      this.#buildIconButton("close", () => this.close()),
    );
  }

  /** What waited for the sign-in goes on by itself. */
  #goOnSignedIn() {
    const [resume, asked] = [this.#resume, this.waiting.find("sign_in")];
    this.#resume = null;
    if (resume) resume();
    else if (asked) this.answer(asked);
  }

  #buildIconButton(name, onclick) {
    const button = el("button", { type: "button", onclick }, icon(name));
    this.#say(() => {
      button.setAttribute("aria-label", this.words[name]);
      button.title = this.words[name];
    });
    return button;
  }

  #say(say) {
    say();
    this.#sayings.push(say);
  }

  #showWelcome() {
    this.welcome.replaceChildren(
      el("span", { class: "mark" }, icon("plane")),
      el("h3", {}, this.words.welcome),
      el("p", {}, this.words.welcomeMore),
      this.#renderChips(this.words.starters.map((text) => ({ text }))),
    );
    if (!this.log.hasChildNodes()) this.log.append(this.welcome);
  }

  /** A click on a chip or card. Its button may go, so the focus gets a place that stays. */
  #sayForTraveller(text) {
    this.focusComposer();
    this.send(text);
  }

  #onKey(event) {
    if (event.key === "Escape" && !event.isComposing) this.close();
  }

  #reopen() {
    this.dialog.close();
    this.open();
  }

  /** The keyboard of a phone covers part of the layout viewport; only the visual one tells how much is left. */
  #fitViewport() {
    const height = window.visualViewport?.height;
    if (height) this.dialog.style.setProperty("--tc-visible-height", `${height}px`);
    this.scroller.settle();
  }

  /** The conversation as the server has it, and the rest of a run that is still going on. */
  async #restore() {
    const turn = this.#startTurn();
    turn.showActivity(this.words.restoring);
    let conversation;
    try {
      conversation = await this.client.loadConversation();
    } catch (error) {
      turn.showActivity("");
      this.#showTrouble(turn, error, true, () => {
        turn.node.remove();
        this.#restore();
      });
      return;
    }
    turn.node.remove();
    if (!conversation?.messages.length) return this.#showWelcome();
    conversation.messages.forEach((message) => this.#showMessage(message));
    this.waiting.settle(conversation.pending_interrupts);
    this.#showChips(conversation.messages.at(-1).suggested_actions);
    this.scroller.anchorAt([...this.log.querySelectorAll(".user")].at(-1));
    if (conversation.active_run) this.#listen(this.client.followRun(conversation.active_run.id));
  }

  #showMessage(message) {
    if (message.role === "user") {
      this.log.append(renderUserMessage(message.content, this.words.you));
      return;
    }
    this.#startTurn().recall(message, this.words.stopped);
  }

  #startTurn() {
    const turn = new AssistantTurn(this.words.assistant, this.chat);
    this.log.append(turn.node);
    return turn;
  }

  /** What the traveller says, and the run that answers it. */
  async #take(said, stream) {
    this.#clearChips();
    this.welcome.remove();
    const bubble = renderUserMessage(said, this.words.you);
    this.log.append(bubble);
    this.scroller.anchorAt(bubble);
    await this.#listen(stream);
  }

  /** Show a run until it ends, or until there is nobody left to tell about it. */
  async #listen(stream) {
    const turn = this.#startTurn();
    await this.#hear(stream, turn);
  }

  async #hear(stream, turn) {
    this.#stream = stream;
    this.#isStopWanted = false;
    this.waiting.hold();
    this.composer.show(Boolean(this.#stream));
    turn.clearNotice();
    turn.showActivity(this.words.working);
    this.scroller.settle();
    try {
      for await (const event of stream.events()) {
        this.#show(event, turn);
        this.scroller.settle();
      }
    } catch (error) {
      this.#showFailure(error, stream, turn);
    } finally {
      // otherwise a new conversation was begun meanwhile
      if (this.#stream === stream) this.#comeToRest(turn);
    }
  }

  #comeToRest(turn) {
    this.#stream = null;
    turn.showActivity("");
    this.composer.show(Boolean(this.#stream));
    if (this.waiting.isHeld) this.waiting.look(); // the run did not come to tell
    this.scroller.settle();
  }

  #show(event, turn) {
    turn.hear(event, this.language);
    switch (event.type) {
      case "RUN_STARTED":
        if (this.#isStopWanted) this.stop();
        break;
      case "CUSTOM":
        if (event.name === "suggested_actions") this.#showChips(event.value);
        break;
      case "RUN_FINISHED":
        this.#finish(event, turn);
        break;
      case "RUN_ERROR":
        turn.showNotice(event.message);
        this.#announce(`${turn.text} ${event.message}`, "tc:error", { code: event.code, message: event.message });
        break;
      case "CONNECTION_LOST":
        turn.showActivity(this.words.reconnecting);
        break;
    }
  }

  #finish(event, turn) {
    if (event.outcome?.type === "cancelled") turn.showNotice(this.words.stopped);
    else this.waiting.settle(event.outcome?.interrupts ?? []);
    this.#announce(turn.text, "tc:message", { text: turn.text });
  }

  /** A screen reader hears the finished message once, never the tokens. */
  #announce(text, type, detail) {
    this.status.textContent = text;
    this.host.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #showFailure(error, stream, turn) {
    this.#showTrouble(turn, error, isWorthRepeating(error), () => {
      if (!this.#stream) this.#hear(stream, turn);
    });
    const message = this.#explain(error);
    this.#announce(message, "tc:error", { message });
  }

  /** A sign-in that has ended loses nothing: after the next one it goes on from here. */
  #showTrouble(turn, error, canRepeat, repeat) {
    const { words } = this;
    if (error instanceof SignInEnded) {
      this.#resume = repeat;
      this.account.show();
      turn.showNotice(words.signInEnded, words.signIn, () => this.account.signIn());
    } else turn.showNotice(this.#explain(error), canRepeat && words.tryAgain, repeat);
  }

  #explain(error) {
    return explain(error, this.words);
  }

  #showChips(chips) {
    this.#clearChips();
    if (!chips.length) return;
    this.log.append(this.#renderChips(chips));
  }

  #renderChips(chips) {
    return renderChips(chips, (text) => this.#sayForTraveller(text), this.words.suggestions);
  }

  #clearChips() {
    this.log.querySelector(":scope > .chips")?.remove();
  }

  #stopListening() {
    const stream = this.#stream;
    if (!stream) return;
    this.stop();
    stream.close();
    this.#stream = null;
    this.composer.show(Boolean(this.#stream));
  }
}
