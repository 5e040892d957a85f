/**
 * What the page remembers in the browser: who is signed in and what it watches, per tab; the attempts
 * it has started, per user and for all tabs. Never a token or a code.
 */

const USER = "kinni.user";
const WATCHED = "kinni.watched";
const STARTED = "kinni.started";
const CHANGED = "kinni.changed";
const FORGET_AFTER_MS = 24 * 60 * 60 * 1000;

export const DEFAULT_USER = "runner-1";

export function rememberedUser() {
  return sessionStorage.getItem(USER) || DEFAULT_USER;
}

export function rememberUser(user) {
  sessionStorage.setItem(USER, user);
}

/** Notes that this user started (or joined) an attempt in this browser: only such attempts are confirmed. */
export function rememberStarted(user, attemptId) {
  forgetOldStarts();
  localStorage.setItem(startedKey(user, attemptId), String(Date.now()));
}

export function wasStartedHere(user, attemptId) {
  return localStorage.getItem(startedKey(user, attemptId)) !== null;
}

/** The attempt whose end this tab has yet to tell, or null. */
export function watchedAttempt(user) {
  const watched = JSON.parse(sessionStorage.getItem(WATCHED) ?? "null");
  return watched?.user === user ? watched.attemptId : null;
}

export function watchAttempt(user, attemptId) {
  sessionStorage.setItem(WATCHED, JSON.stringify({ user, attemptId }));
}

export function stopWatching() {
  sessionStorage.removeItem(WATCHED);
}

/** Lets this user's other tabs know that they should read again. */
export function announceChange(user) {
  localStorage.setItem(CHANGED, JSON.stringify({ user, at: Date.now() }));
}

/** Whether a storage event is another tab's announcement about this user. */
export function isChangeOf(user, event) {
  return event.key === CHANGED && event.newValue !== null && JSON.parse(event.newValue).user === user;
}

function startedKey(user, attemptId) {
  return JSON.stringify([STARTED, user, attemptId]);
}

function forgetOldStarts() {
  for (const key of Object.keys(localStorage)) {
    const old = Date.now() - Number(localStorage.getItem(key)) > FORGET_AFTER_MS;
    if (key.startsWith(`["${STARTED}"`) && old) localStorage.removeItem(key);
  }
}
