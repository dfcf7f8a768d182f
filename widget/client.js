/** The chat API as the panel needs it: one conversation, and runs whose events survive a cut connection. */

import { readEvents } from "./sse.js";

const RECONNECT_DELAYS_SECONDS = [1, 2, 4, 8];
const TERMINAL_TYPES = new Set(["RUN_FINISHED", "RUN_ERROR"]);
const TEMPORARY_STATUSES = new Set([502, 503, 504]);
/** What the server says of an access token that is over, or whose account is. */
const SIGN_IN_CODES = new Set(["token_invalid", "account_not_found"]);

/** The server answered with an error; `message` is its own sentence. */
export class ApiError extends Error {
  constructor(response, body) {
    super(describeDetail(body?.detail) || response.statusText || `HTTP ${response.status}`);
    this.status = response.status;
    this.code = body?.code;
    this.detail = body?.detail;
    this.field = body?.field;
    this.retryAfterSeconds = Number(response.headers.get("Retry-After")) || 0;
  }
}

/** The server could not be reached. */
export class ConnectionLost extends Error {}

/** This needs the traveller to sign in again. */
export class SignInEnded extends Error {}

export class ChatClient {
  /** `getLanguage` says which language the traveller reads, so that errors are told in it. */
  constructor(api, siteKey, getLanguage) {
    this.api = api;
    this.siteKey = siteKey;
    this.getLanguage = getLanguage;
    this.storageKey = `travel-chat:${api}`;
    this.userKey = `travel-chat-user:${api}`;
  }

  /** `{ token, name }` of who is signed in on this page, or null. */
  get user() {
    return readStored(this.userKey);
  }

  forgetUser() {
    sessionStorage.removeItem(this.userKey);
  }

  /** The address of our own page where a traveller signs in for the conversation of this one. */
  async prepareSignIn() {
    if (!this.#readThread()) await this.#createConversation();
    const query = new URLSearchParams({
      conversation_id: this.#readThread().id,
      origin: location.origin,
      lang: this.getLanguage(),
    });
    if (this.siteKey) query.set("site_key", this.siteKey);
    return `${this.api}/sign-in?${query}`;
  }

  /** Trade the code that page gave for an access token, and make the conversation the traveller's. */
  async redeem(code) {
    const thread = this.#readThread();
    const body = { code, conversation_id: thread?.id };
    const { access_token: token, full_name: name } = await this.#fetchJson("POST", "/v1/auth/exchange", { body });
    const headers = { Authorization: `Bearer ${token}` };
    await this.#fetch("POST", `/v1/chat/conversations/${thread.id}/claim`, { headers });
    // from now on it opens to its owner only
    this.#keepThread(thread.id, null);
    sessionStorage.setItem(this.userKey, JSON.stringify({ token, name }));
  }

  /** A foreign page has only a token to forget; on our own the sign-in itself ends. */
  async signOut() {
    this.forgetUser();
    this.forgetConversation();
    if (this.api === location.origin) await this.#fetch("POST", "/v1/auth/logout", { body: {} });
  }

  /** The conversation as the server keeps it; null when there is none, or none any more. */
  async loadConversation() {
    if (!this.#readThread()) return null;
    try {
      return await this.#fetchJson("GET", this.#conversationPath());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.forgetConversation();
      return null;
    }
  }

  /** The next message starts a new conversation; the old one stays on the server. */
  forgetConversation() {
    sessionStorage.removeItem(this.storageKey);
  }

  /** The run that answers a message. */
  sendMessage(text) {
    return this.#send({ message: text, locale: this.getLanguage() });
  }

  /** The run that carries out a click on a card that waits; `payload` is the answer to one that asks for a yes. */
  sendResume(interruptId, payload, language) {
    const item = { interrupt_id: interruptId, status: "resolved", payload };
    return this.#send({ resume: [item], locale: language });
  }

  /** However often it has to be posted, its id keeps it one message. */
  #send(said) {
    const { timeZone: time_zone } = Intl.DateTimeFormat().resolvedOptions();
    const body = { ...said, client_message_id: makeUuid(), time_zone };
    return new RunStream(this, (signal) => this.#postMessage(body, signal));
  }

  /** The whole of a run that is still going on. */
  followRun(runId) {
    return new RunStream(this, (signal) => this.openRun(runId, 0, signal));
  }

  async openRun(runId, after, signal) {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(after) };
    return this.#fetch("GET", `${this.#conversationPath()}/runs/${runId}/events`, { headers, signal });
  }

  async cancelRun(runId) {
    await this.#fetch("POST", `${this.#conversationPath()}/runs/${runId}/cancel`);
  }

  async #postMessage(body, signal) {
    if (!this.#readThread()) await this.#createConversation(signal);
    const post = () =>
      this.#fetch("POST", `${this.#conversationPath()}/messages`, {
        body,
        signal,
        headers: { Accept: "text/event-stream" },
      });
    try {
      return await post();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      await this.#createConversation(signal);
      return post();
    }
  }

  async #createConversation(signal) {
    const created = await this.#fetchJson("POST", "/v1/chat/conversations", { body: { channel: "web" }, signal });
    this.#keepThread(created.id, created.conversation_token);
  }

  #keepThread(id, token) {
    sessionStorage.setItem(this.storageKey, JSON.stringify({ id, token }));
  }

  #readThread() {
    return readStored(this.storageKey);
  }

  /** Raises SignInEnded where the conversation has an owner who is not signed in any more. */
  #conversationPath() {
    const thread = this.#readThread();
    if (thread && !thread.token && !this.user) throw new SignInEnded();
    return `/v1/chat/conversations/${thread?.id}`;
  }

  async #fetchJson(method, path, options) {
    return (await this.#fetch(method, path, options)).json();
  }

  async #fetch(method, path, { body, headers = {}, signal } = {}) {
    headers["Accept-Language"] = this.getLanguage();
    const { user } = this;
    const token = this.#readThread()?.token;
    if (token) headers["X-Conversation-Token"] = token;
    if (user) headers.Authorization = `Bearer ${user.token}`;
    if (this.siteKey) headers["X-Site-Key"] = this.siteKey;
    if (body) headers["Content-Type"] = "application/json";
    const request = { method, headers, signal, body: body && JSON.stringify(body), cache: "no-store" };
    const response = await fetch(this.api + path, request).catch((error) => {
      throw signal?.aborted ? error : new ConnectionLost();
    });
    if (response.ok) return response;
    const error = new ApiError(response, await response.json().catch(() => null));
    if (!user || !SIGN_IN_CODES.has(error.code)) throw error;
    this.forgetUser();
    throw new SignInEnded();
  }
}

/** One run as this page hears it. It remembers its place, so the events are exact: none twice, none left out. */
export class RunStream {
  #openFirst;
  #seq = 0;
  #abort = new AbortController();

  constructor(client, openFirst) {
    this.client = client;
    this.#openFirst = openFirst;
    this.runId = null;
  }

  /** Stop listening; the run itself goes on. */
  close() {
    this.#abort.abort();
  }

  /**
   * The run's events after the last one seen, ending with its terminal event. A cut connection is told as
   * CONNECTION_LOST and tried again; at last it throws ConnectionLost, and calling this again goes on from there.
   */
  async *events() {
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; failures += 1) {
      let retryAfterSeconds = 0;
      try {
        for await (const event of readEvents(await this.#open(signal))) {
          if (event.seq <= this.#seq) continue;
          this.#seq = event.seq;
          this.runId ??= event.runId;
          failures = 0;
          yield event;
          if (TERMINAL_TYPES.has(event.type)) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isTemporary(error)) throw error;
        retryAfterSeconds = error instanceof ApiError ? error.retryAfterSeconds : 0;
      }
      if (failures >= RECONNECT_DELAYS_SECONDS.length) throw new ConnectionLost();
      yield { seq: this.#seq, type: "CONNECTION_LOST" };
      const jitterSeconds = Math.random() / 2;
      await sleep(Math.max(RECONNECT_DELAYS_SECONDS[failures], retryAfterSeconds) + jitterSeconds);
    }
  }

  async #open(signal) {
    const response = this.runId
      ? await this.client.openRun(this.runId, this.#seq, signal)
      : await this.#openFirst(signal);
    return response.body;
  }
}

/** The sentence that tells a traveller what went wrong. */
export function explain(error, words) {
  if (error instanceof ApiError) return error.message;
  if (error instanceof ConnectionLost) return words.connectionLost;
  if (error instanceof SignInEnded) return words.signInEnded;
  throw error; // a mistake of ours belongs on the console
}

export function isWorthRepeating(error) {
  return error instanceof ConnectionLost || [409, 429].includes(error.status);
}

/** A body that breaks off is told as a TypeError. */
function isTemporary(error) {
  const isCut = error instanceof ConnectionLost || error instanceof TypeError;
  return isCut || (error instanceof ApiError && TEMPORARY_STATUSES.has(error.status));
}

/** A random UUID; crypto.randomUUID does not exist on plain http off localhost. */
export function makeUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function readStored(key) {
  return JSON.parse(sessionStorage.getItem(key) ?? "null");
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** One sentence, or one for each field that was refused. */
function describeDetail(detail) {
  return Array.isArray(detail) ? detail.map((field) => field.msg).join("; ") : detail;
}
