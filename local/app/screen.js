/**
 * The TrainingPeaks screen of one signed-in user: what it knows, and what each tap does. `parked` is what came back
 * from TrainingPeaks and is not confirmed yet.
 */

import { ApiError, KinniApi } from "./api.js";
import * as attempts from "./attempts.js";
import * as memory from "./memory.js";
import * as notices from "./notices.js";
import { StatusReader } from "./reader.js";
import { texts } from "./texts.js";

const LEAVING_MS = 10_000;
const LEAVING = Symbol("leaving");
const NOT_LINKED = { linked: false, connection: "none", athlete: null, token: null, scopes: [], attempt: null };

export class Screen {
  #user;
  #view;
  #api;
  #reader;
  #leaving = 0;
  #state = {
    phase: "loading",
    status: null,
    readAt: 0,
    busy: null,
    retrySeconds: 0,
    parked: null,
    wantedAutoUpload: null,
    savedAutoUpload: null,
    notice: null,
  };

  constructor(user, view) {
    this.#user = user;
    this.#view = view;
    this.#api = new KinniApi(user, (seconds) => this.#show({ retrySeconds: seconds }));
    this.#reader = new StatusReader(this.#api, {
      onStatus: (status, isOwn) => this.#follow(status, isOwn),
      onFailure: (error) => this.#tellUnread(error),
    });
    this.#show({});
  }

  /** Leaves the screen to another user: nothing of this one is shown any more. */
  close() {
    clearTimeout(this.#leaving);
    this.#reader.stop();
    this.#api.close();
  }

  /** First reading; with what came back from TrainingPeaks, if the browser comes from there. */
  async open(comeback) {
    if (comeback === null) return this.refresh();
    await this.#take(comeback);
    if (!this.#api.isClosed) this.#view.focusPanel();
  }

  /** Reads the status again, unless a tap is under way, which ends by reading. */
  async refresh() {
    if (this.#state.busy === null) await this.#reader.read({ isOwn: false });
  }

  /** Tries again after the status could not be read. */
  async reload() {
    this.#show({ phase: "loading", notice: null });
    await this.#reader.read({ isOwn: true });
  }

  /** Another tab may have changed something of this user. */
  onStorage(event) {
    if (memory.isChangeOf(this.#user, event) && this.#state.busy === null) this.#reader.readChange();
  }

  /** The browser shows this page again as it was when it left for TrainingPeaks, or never left. */
  onReturn() {
    clearTimeout(this.#leaving);
    if (this.#state.busy === "start") this.#show({ busy: null });
    this.refresh();
  }

  /** Starts, joins or continues an attempt and leaves for TrainingPeaks. */
  start() {
    return this.#act("start", async () => {
      const attempt = await this.#api.startAttempt(crypto.randomUUID());
      memory.rememberStarted(this.#user, attempt.attempt_id);
      memory.watchAttempt(this.#user, attempt.attempt_id);
      this.#show({ parked: null });
      if (attempt.authorization_url !== null) return this.#leave(attempt.authorization_url);
      if (!attempts.isInProgress(attempt)) memory.stopWatching();
      this.#show({ notice: attempts.noticeOfStarted(attempt) });
    });
  }

  /** Continues what is waiting: the confirmation that this tab holds, or the attempt at TrainingPeaks. */
  proceed() {
    return this.#state.parked === null ? this.start() : this.#confirm();
  }

  setAutoUpload(enabled) {
    return this.#act("toggle", async () => {
      this.#show({ wantedAutoUpload: enabled });
      const { auto_upload: saved } = await this.#api.setAutoUpload(enabled);
      this.#reader.supersede();
      this.#show({ status: { ...this.#state.status, auto_upload: saved }, savedAutoUpload: saved });
      memory.announceChange(this.#user);
    });
  }

  unlink() {
    return this.#act("unlink", async () => {
      await this.#api.unlink();
      memory.stopWatching();
      this.#reader.supersede();
      this.#show({ parked: null, status: NOT_LINKED, notice: notices.good(texts.done.unlinked) });
      memory.announceChange(this.#user);
    });
  }

  closeNotice() {
    this.#show({ notice: null });
  }

  async #take(comeback) {
    if (!attempts.isOurs(this.#user, comeback)) {
      this.#show({ notice: notices.info(texts.done.notStartedHere) });
      return this.#reader.read({ isOwn: true });
    }
    if (comeback.outcome === "authorized" && comeback.confirmationCode !== null) {
      this.#show({ parked: comeback });
      return this.#confirm();
    }
    memory.stopWatching();
    await this.#reader.read({ isOwn: true });
    const notice = attempts.noticeOfComeback(comeback, this.#state.status);
    if (notice !== null) this.#show({ notice });
  }

  #confirm() {
    return this.#act("confirm", async () => {
      memory.stopWatching();
      const status = await this.#confirmParked();
      this.#reader.supersede();
      this.#accept(status);
      this.#show({ parked: null, notice: notices.good(texts.done.linked) });
      memory.announceChange(this.#user);
    });
  }

  async #confirmParked() {
    const { attemptId, confirmationCode } = this.#state.parked;
    try {
      return await this.#api.confirmLink(attemptId, confirmationCode);
    } catch (error) {
      if (error instanceof ApiError && !error.isPassing) this.#show({ parked: null });
      throw error;
    }
  }

  /** Runs one tap at a time; whatever came of it, the status is read again afterwards. */
  async #act(busy, work) {
    if (this.#state.busy !== null) return;
    this.#show({ busy, notice: null, savedAutoUpload: null });
    try {
      if ((await work()) === LEAVING) return;
    } catch (error) {
      this.#tell(error);
    }
    this.#show({ busy: null, retrySeconds: 0, wantedAutoUpload: null });
    await this.#reader.read({ isOwn: true });
  }

  /** The next page may never come: then this one is usable again. */
  #leave(url) {
    attempts.leaveFor(url);
    this.#leaving = setTimeout(() => this.onReturn(), LEAVING_MS);
    return LEAVING;
  }

  #tell(error, { isAboutReading = false } = {}) {
    if (this.#api.isClosed) return;
    const isExpected = error instanceof ApiError;
    if (!isExpected) reportError(error);
    this.#show({ notice: { ...notices.ofError(isExpected ? error : new ApiError("unexpected")), isAboutReading } });
  }

  #tellUnread(error) {
    this.#tell(error, { isAboutReading: true });
    this.#show({ phase: this.#state.status === null ? "unreadable" : "ready", retrySeconds: 0 });
    return attempts.isInProgress(this.#state.status?.attempt);
  }

  #follow(status, isOwn) {
    const { notice: shown, status: seen } = this.#state;
    const isNews = !isOwn && seen !== null && attempts.signatureOf(seen) !== attempts.signatureOf(status);
    this.#accept(status);
    const notice = attempts.noticeOfWatched(this.#user, status.attempt);
    if (notice !== null || isNews || shown?.isAboutReading) this.#show({ notice });
  }

  #accept(status) {
    this.#show({ phase: "ready", status, readAt: Date.now(), retrySeconds: 0 });
  }

  #show(change) {
    Object.assign(this.#state, change);
    if (!this.#api?.isClosed) this.#view.render(this.#state);
  }
}
