/** What the browser brings back from TrainingPeaks, in the address's fragment. */

/**
 * Takes the fragment out of the address and the history, and answers what it said:
 * `{attemptId, outcome, confirmationCode}`, each a text or null; null when it was none of ours.
 */
export function takeComeback() {
  const said = new URLSearchParams(location.hash.slice(1));
  if (!said.has("outcome")) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return {
    attemptId: said.get("attempt_id"),
    outcome: said.get("outcome"),
    confirmationCode: said.get("confirmation_code"),
  };
}
