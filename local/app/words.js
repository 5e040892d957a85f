/** Times, names and permissions, in words. */

import { entryOf, texts } from "./texts.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const dayAndTime = new Intl.DateTimeFormat(texts.locale, { dateStyle: "long", timeStyle: "short" });
const timeOnly = new Intl.DateTimeFormat(texts.locale, { timeStyle: "short" });

export function dayAndTimeOf(iso) {
  return dayAndTime.format(new Date(iso));
}

export function timeOf(iso) {
  return timeOnly.format(new Date(iso));
}

/** The token's validity; `remainingMs` is null when there is no token. */
export function tokenInWords(remainingMs) {
  if (remainingMs === null) return texts.token.missing;
  if (remainingMs <= 0) return texts.token.expired;
  return texts.token.validFor(spanInWords(remainingMs));
}

export function nameOf(athlete) {
  return [athlete?.first_name, athlete?.last_name].filter(Boolean).join(" ") || texts.linked.unnamed;
}

export function initialsOf(athlete) {
  const letters = [athlete?.first_name, athlete?.last_name].filter(Boolean).map((name) => [...name][0]);
  return letters.join("").toUpperCase() || "TP";
}

export function scopeInWords(scope) {
  return entryOf(texts.scopes, scope, scope);
}

function spanInWords(ms) {
  if (ms < MINUTE_MS) return texts.token.lessThanAMinute;
  if (ms < 2 * HOUR_MS) return texts.token.minutes(Math.round(ms / MINUTE_MS));
  return texts.token.hours(Math.round(ms / HOUR_MS));
}
