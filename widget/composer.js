/** Where the traveller types. Its button sends what stands there, or stops the answer on its way. */

import { el, icon } from "./dom.js";

export class Composer {
  #input = el("textarea", { rows: 1, maxlength: 4000, enterkeyhint: "send", autocomplete: "off" });
  #button = el("button", { type: "submit", class: "send" });
  #caution = el("p", { class: "caution" });
  #words;
  #isBusy = false;

  /** `on`: send(text), stop(). */
  constructor(on) {
    this.on = on;
    this.#input.addEventListener("keydown", (event) => {
      // Telex and VNI end a word with Enter too: that one belongs to the input method
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    const onsubmit = (event) => {
      event.preventDefault();
      if (this.#isBusy) this.on.stop();
      else this.#submit();
    };
    const field = el("div", { class: "field" }, this.#input, this.#button);
    this.node = el("form", { class: "composer", part: "composer", onsubmit }, field, this.#caution);
  }

  focus() {
    this.#input.focus();
  }

  translate(words) {
    this.#words = words;
    this.#input.setAttribute("placeholder", words.placeholder);
    this.#input.setAttribute("aria-label", words.placeholder);
    this.#caution.replaceChildren(words.caution);
    this.show(this.#isBusy);
  }

  /** Whether an answer is on its way: nothing is sent meanwhile. */
  show(isBusy) {
    this.#isBusy = isBusy;
    const name = isBusy ? "stop" : "send";
    this.#button.replaceChildren(icon(name));
    this.#button.setAttribute("aria-label", this.#words[name]);
    this.#button.classList.toggle("stop", isBusy);
  }

  #submit() {
    if (this.#isBusy) return;
    const text = this.#input.value;
    this.#input.value = "";
    this.on.send(text);
  }
}
