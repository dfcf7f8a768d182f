/** Which cards wait for their traveller. The server tells: with every run, after a reload, and when it is asked. */

export class Waiting {
  #ask;
  #open = [];
  #isHeld = false;
  /** Grows with every run, so that an answer from before one is known to be late. */
  #runs = 0;
  #watchers = new Map();

  /** `ask` gives what waits, as the server says now. */
  constructor(ask) {
    this.#ask = ask;
  }

  get isHeld() {
    return this.#isHeld;
  }

  /** The card of this type that waits, if one does. */
  find(type) {
    return this.#open.map((each) => each.card ?? each.metadata?.card).find((card) => card?.type === type);
  }

  /** `show` hears how a card stands, now and whenever that may have changed: open, held, expired or closed. */
  watch(id, expiresAt, show) {
    this.#watchers.get(id)?.("closed"); // shown again further down
    this.#watchers.set(id, show);
    this.#tell(id);
    if (expiresAt) setTimeout(() => this.#checkExpired(id), Date.parse(expiresAt) - Date.now());
  }

  /** A run has begun: nothing can be answered until it has told what waits. */
  hold() {
    this.#isHeld = true;
    this.#runs += 1;
    this.#tellAll();
  }

  /** These wait, and no others. */
  settle(open) {
    this.#isHeld = false;
    this.#open = open;
    this.#tellAll();
  }

  /** Ask the server; without its answer all stays as it was, and it explains a click that comes too late. */
  async look() {
    const run = this.#runs;
    const open = await this.#ask().catch(() => this.#open);
    if (run === this.#runs) this.settle(open);
  }

  forget() {
    this.#watchers.clear();
    this.#runs += 1;
    this.settle([]);
  }

  /** This machine's clock may be wrong: it only says when to ask. */
  async #checkExpired(id) {
    if (this.#isHeld || !this.#isOpen(id)) return;
    const run = this.#runs;
    await this.look();
    if (run !== this.#runs || this.#isOpen(id)) return;
    this.#watchers.get(id)?.("expired");
    this.#watchers.delete(id);
  }

  #isOpen(id) {
    return this.#open.some((each) => each.id === id);
  }

  #tellAll() {
    for (const id of this.#watchers.keys()) this.#tell(id);
  }

  #tell(id) {
    this.#watchers.get(id)(this.#isHeld ? "held" : this.#isOpen(id) ? "open" : "closed");
  }
}
