/** Keeps the log where the reader wants it: at the newest turn, or wherever they scrolled to. */

const NEAR_PIXELS = 160;
const GAP_PIXELS = 12;

export class LogScroller {
  #anchor = null;
  #isFollowing = true;

  constructor(log, pill) {
    this.log = log;
    this.pill = pill;
    log.addEventListener("scroll", () => this.#notice(), { passive: true });
    log.addEventListener("carddrawn", () => this.settle());
    new ResizeObserver(() => this.settle()).observe(log);
  }

  /** Follow the answer to this message: its end, but never so far that the question leaves the view. */
  anchorAt(message) {
    this.#anchor = message;
    this.#isFollowing = true;
    this.settle();
  }

  /** To be called after every change of the log. */
  settle() {
    if (this.#isFollowing) this.log.scrollTop = this.#target;
    this.#showPill();
  }

  goToEnd() {
    this.#anchor = null;
    this.#isFollowing = true;
    this.settle();
  }

  get #end() {
    return this.log.scrollHeight - this.log.clientHeight;
  }

  get #target() {
    return this.#anchor?.isConnected ? Math.min(this.#end, this.#anchor.offsetTop - GAP_PIXELS) : this.#end;
  }

  #notice() {
    this.#isFollowing = Math.abs(this.log.scrollTop - this.#target) <= NEAR_PIXELS;
    this.#showPill();
  }

  #showPill() {
    this.pill.hidden = this.#end - this.log.scrollTop <= NEAR_PIXELS;
  }
}
