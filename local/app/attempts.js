/** Connection attempts: whose they are, how far they are, and how to tell their end. */

import { ApiError } from "./api.js";
import * as memory from "./memory.js";
import * as notices from "./notices.js";
import { texts } from "./texts.js";

/** Whether an attempt can still become a link without a new start. */
export function isInProgress(attempt) {
  return ["pending", "exchanging", "authorized"].includes(attempt?.status);
}

/**
 * Whether what came back from TrainingPeaks is an answer to this user's own start in this browser.
 * Without an attempt (the service did not know the state) it may say how it ended, and never that it worked.
 */
export function isOurs(user, { attemptId, outcome }) {
  return attemptId === null ? outcome !== "authorized" : memory.wasStartedHere(user, attemptId);
}

/**
 * The message for a callback's outcome, in the light of the status read after it; null where the panel says it
 * all: two tabs share an attempt, and one may come back with nothing while the other one's answer is taken in.
 */
export function noticeOfComeback({ attemptId, outcome }, status) {
  const attempt = attemptId !== null && status?.attempt?.attempt_id === attemptId ? status.attempt : null;
  if (attempt?.status === "linked") return notices.good(texts.done.linkedElsewhere);
  if (isInProgress(attempt) || outcome === "authorized") return null;
  return notices.ofOutcome(outcome);
}

/**
 * Watches an attempt while it is in progress, and answers the message for its end when this tab has not told it
 * yet; else null.
 */
export function noticeOfWatched(user, attempt) {
  if (isInProgress(attempt)) {
    memory.watchAttempt(user, attempt.attempt_id);
    return null;
  }
  const watched = memory.watchedAttempt(user);
  memory.stopWatching();
  return watched !== null && watched === attempt?.attempt_id ? notices.ofEndedAttempt(attempt) : null;
}

/** The message for a start that leads nowhere: another one is being finished, or is over. */
export function noticeOfStarted(attempt) {
  return isInProgress(attempt) ? notices.info(texts.done.wait) : notices.ofOutcome("expired");
}

/** What makes a status news to the person who looks at the screen. */
export function signatureOf({ connection, athlete, attempt }) {
  return JSON.stringify([connection, athlete?.id, attempt?.attempt_id, attempt?.status]);
}

/** Goes to TrainingPeaks in this tab; anything but a web address is a fault of the service. */
export function leaveFor(url) {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new ApiError("unexpected");
  location.assign(url);
}
