/** The message above the panels: `{kind: "good" | "info" | "problem", title, text, reference}`. */

import { entryOf, texts } from "./texts.js";

export const good = (words) => notice("good", words);
export const info = (words) => notice("info", words);

/** How an attempt ended, from the service's outcome or error code. */
export function ofOutcome(outcome) {
  const kind = outcome === "cancelled" ? "info" : "problem";
  return notice(kind, entryOf(texts.outcomes, outcome, texts.outcomes.try_again));
}

/** The end of an attempt that `GET /status` told. */
export function ofEndedAttempt(attempt) {
  if (attempt.status === "linked") return good(texts.done.linked);
  return ofOutcome(attempt.error_code ?? attempt.status);
}

/** An ApiError: in our words where we have some, else in the service's, which are written for people too. */
export function ofError(error) {
  const theirs = error.title ? { title: error.title, text: error.detail ?? "" } : texts.errors.unexpected;
  const words = entryOf(texts.errors, error.code, theirs);
  const reference = error.reference ? texts.notice.reference(error.reference) : "";
  return { ...notice("problem", words), reference };
}

function notice(kind, { title, text }) {
  return { kind, title, text, reference: "" };
}
