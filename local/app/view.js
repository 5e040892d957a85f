/** Puts a screen's state into the page. Data goes in as text only. */

import { isInProgress } from "./attempts.js";
import { textAt, texts } from "./texts.js";
import * as words from "./words.js";

const PANELS = ["loading", "unreadable", "waiting", "unlinked", "linked"];

const at = (id) => document.getElementById(id);

export class View {
  #state = null;
  #busyWords = "";

  constructor() {
    document.title = texts.pageTitle;
    for (const element of document.querySelectorAll("[data-scripted]")) element.hidden = false;
    for (const element of document.querySelectorAll("[data-text]")) put(element, textAt(element.dataset.text));
    for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = textAt(element.dataset.label);
  }

  /** Binds the taps to the functions of the same names; they are not called while something is under way. */
  bind({ reload, start, proceed, setAutoUpload, unlink, closeNotice }) {
    const onTap = (id, tapped) => at(id).addEventListener("click", () => this.#isBusy || tapped());
    onTap("reload", reload);
    for (const id of ["link", "link-again", "authorise"]) onTap(id, start);
    onTap("continue", proceed);
    onTap("notice-close", closeNotice);
    onTap("unlink", () => at("unlink-dialog").showModal());
    at("unlink-no").addEventListener("click", () => at("unlink-dialog").close());
    onTap("unlink-yes", () => {
      at("unlink-dialog").close();
      unlink();
    });
    at("auto-upload").addEventListener("click", (event) => {
      if (this.#isBusy) event.preventDefault();
      else setAutoUpload(event.target.checked);
    });
  }

  /** Shows the state, and keeps the focus on something that is there. */
  render(state) {
    this.#state = state;
    const focused = document.activeElement;
    this.#renderNotice(state);
    this.#renderPanels(state);
    this.#renderBusy(state);
    if (state.status?.linked) this.#renderLink(state);
    else if (at("unlink-dialog").open) at("unlink-dialog").close();
    if (focused !== document.body && !isShown(focused)) this.focusPanel();
  }

  /** Moves the focus to the heading of the panel shown, for the next thing to be read. */
  focusPanel() {
    const panel = PANELS.map(at).find((each) => !each.hidden);
    panel?.querySelector("h2").focus({ preventScroll: true });
  }

  /** Says something once, to screen readers only. */
  announce(text) {
    put(at("announcer"), text);
  }

  /** Keeps the token's words true while time passes. */
  tick() {
    if (this.#state?.status?.linked) renderToken(this.#state);
  }

  get #isBusy() {
    return this.#state === null || this.#state.busy !== null;
  }

  #renderNotice({ notice }) {
    at("notice").dataset.kind = notice?.kind ?? "none";
    put(at("notice-title"), notice?.title ?? "");
    put(at("notice-text"), notice?.text ?? "");
    put(at("notice-reference"), notice?.reference ?? "");
    at("notice-close").hidden = notice === null;
  }

  #renderPanels(state) {
    const waiting = waitingOf(state);
    const isReady = state.phase === "ready";
    const isLinked = state.status?.linked === true;
    at("loading").hidden = state.phase !== "loading" || waiting !== null;
    at("unreadable").hidden = state.phase !== "unreadable" || waiting !== null;
    at("waiting").hidden = waiting === null;
    at("unlinked").hidden = !isReady || isLinked || waiting !== null;
    at("linked").hidden = !isReady || !isLinked;
    at("pill").hidden = !isReady;
    at("pill").dataset.connection = state.status?.connection ?? "";
    put(at("pill"), texts.pill[state.status?.connection] ?? "");
    if (waiting !== null) renderWaiting(waiting);
    at("again").hidden = waiting !== null || state.status?.connection !== "reauthorization_required";
    at("authorise").hidden = waiting !== null || state.status?.connection !== "active";
  }

  #renderBusy({ busy, retrySeconds }) {
    const isStarting = busy === "start";
    put(at("link"), isStarting ? texts.busy.start : texts.unlinked.button);
    put(at("link-again"), isStarting ? texts.busy.start : texts.again.button);
    put(at("authorise"), isStarting ? texts.busy.start : texts.linked.authorise);
    if (isStarting) put(at("continue"), texts.busy.start);
    put(at("unlink"), busy === "unlink" ? texts.busy.unlink : texts.linked.unlink);
    for (const control of document.querySelectorAll("main button, main input")) {
      control.ariaDisabled = busy === null ? null : "true";
    }
    const said = busy === null || busy === "toggle" ? "" : texts.busy[busy];
    this.#announceBusy(retrySeconds > 0 ? texts.busy.retry(retrySeconds) : said);
  }

  #announceBusy(text) {
    if (text !== this.#busyWords) this.announce(text);
    this.#busyWords = text;
  }

  #renderLink(state) {
    const { athlete, auto_upload: isSaved, scopes, linked_at: since } = state.status;
    put(at("initials"), words.initialsOf(athlete));
    put(at("linked-title"), words.nameOf(athlete));
    put(at("athlete-id"), athlete === null ? "" : texts.linked.athleteId(athlete.id));
    at("auto-upload").checked = state.wantedAutoUpload ?? isSaved;
    put(at("auto-upload-state"), autoUploadSaying(state));
    renderScopes(scopes);
    at("since").dateTime = since ?? "";
    put(at("since"), since === null ? "" : words.dayAndTimeOf(since));
    renderToken(state);
  }
}

/** What the screen waits for, as a name in `texts.waiting`; null when it waits for nothing. */
function waitingOf({ busy, parked, status }) {
  if (busy === "confirm") return "confirming";
  if (parked !== null) return "unconfirmed";
  if (!isInProgress(status?.attempt)) return null;
  return status.attempt.status === "authorized" ? "elsewhere" : status.attempt.status;
}

function renderWaiting(waiting) {
  const { title, text, button } = texts.waiting[waiting];
  put(at("waiting-title"), title);
  put(at("waiting-text"), text);
  put(at("continue"), button ?? "");
  at("continue").hidden = button === undefined;
  at("waiting-spinner").hidden = waiting === "unconfirmed";
}

function renderToken({ status, readAt }) {
  const { token } = status;
  const remainingMs = token === null ? null : token.expires_in_seconds * 1000 - (Date.now() - readAt);
  const isValid = token?.valid === true && remainingMs > 0;
  const shownMs = token !== null && !isValid ? 0 : remainingMs;
  at("token-state").dataset.valid = String(isValid);
  put(at("token-state"), words.tokenInWords(shownMs));
  at("token-time").dateTime = token?.expires_at ?? "";
  put(at("token-time"), isValid ? texts.token.at(words.timeOf(token.expires_at)) : "");
}

function renderScopes(scopes) {
  const said = scopes.map(words.scopeInWords);
  const shown = [...at("scopes").children].map((item) => item.textContent);
  if (said.join("\n") === shown.join("\n")) return;
  const items = said.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  at("scopes").replaceChildren(...items);
}

function autoUploadSaying({ busy, savedAutoUpload }) {
  if (busy === "toggle") return texts.linked.saving;
  if (savedAutoUpload === null) return "";
  return savedAutoUpload ? texts.linked.savedOn : texts.linked.savedOff;
}

/** Sets a text only when it differs, so that screen readers are told changes and nothing else. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function isShown(element) {
  return element.getClientRects().length > 0;
}
