/** Reads the status: one reading at a time, and again every few seconds while something is in progress. */

import { isInProgress } from "./attempts.js";

const POLL_MS = 3000;
const POLL_AFTER_FAILURE_MS = 15_000;

export class StatusReader {
  #api;
  #onStatus;
  #onFailure;
  #edition = 0;
  #isReading = false;
  #isOutdated = false;
  #poll = 0;

  constructor(api, { onStatus, onFailure }) {
    this.#api = api;
    this.#onStatus = onStatus;
    this.#onFailure = onFailure;
  }

  /** Reads once, unless a reading is under way. `isOwn` says that a tap of this tab asked for it. */
  async read({ isOwn }) {
    if (this.#isReading || this.#api.isClosed) return;
    clearTimeout(this.#poll);
    const edition = this.#edition;
    this.#isOutdated = false;
    this.#isReading = true;
    await this.#readOnce(edition, isOwn);
    this.#isReading = false;
    const isSuperseded = edition !== this.#edition;
    if (isSuperseded || this.#isOutdated) await this.read({ isOwn: isSuperseded });
  }

  /** Reads what another tab has just changed, after a reading that may have missed it. */
  readChange() {
    this.#isOutdated = this.#isReading;
    return this.read({ isOwn: false });
  }

  /** Something newer than the reading under way is known: its result is dropped. */
  supersede() {
    this.#edition += 1;
  }

  stop() {
    clearTimeout(this.#poll);
  }

  async #readOnce(edition, isOwn) {
    try {
      const status = await this.#api.readStatus();
      if (edition === this.#edition) this.#onStatus(status, isOwn);
      this.#pollLater(isInProgress(status.attempt), POLL_MS);
    } catch (error) {
      if (!this.#api.isClosed) this.#pollLater(this.#onFailure(error), POLL_AFTER_FAILURE_MS);
    }
  }

  #pollLater(isNeeded, delayMs) {
    if (!isNeeded || this.#api.isClosed) return;
    this.#poll = setTimeout(() => {
      if (document.visibilityState === "visible") this.read({ isOwn: false });
    }, delayMs);
  }
}
