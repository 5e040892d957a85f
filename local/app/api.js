/** The service's HTTP API as one Kinni user. Tokens stay in here and in memory only. */

const BASE = "/v1/trainingpeaks";
const TIMEOUT_MS = 35_000;
const LONGEST_RETRY_SECONDS = 10;

const PASSING = ["try_again", "too_many_requests", "signed_out", "unexpected"];

const CODE_OF_STATUS = {
  401: "signed_out",
  403: "signed_out",
  413: "request_invalid",
  429: "too_many_requests",
  503: "try_again",
};

/** An answer other than success, or none at all. `code` is the service's or one of ours. */
export class ApiError extends Error {
  constructor(code, { title = "", detail = "", reference = "" } = {}) {
    super(code);
    this.name = "ApiError";
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.reference = reference;
  }

  /** Whether Kinni could not be reached at all. */
  get isConnection() {
    return this.code === "offline" || this.code === "unreachable";
  }

  /** Whether the same call may succeed when it is simply sent again. */
  get isPassing() {
    return this.isConnection || PASSING.includes(this.code);
  }
}

/** The local set-up: where the TrainingPeaks simulator is, if there is one. */
export async function readLocalConfig() {
  const response = await fetch("/local/config");
  return response.ok ? await response.json() : { simulator: false, trainingpeaks_url: null };
}

export class KinniApi {
  #user;
  #token = null;
  #ended = new AbortController();
  #onRetry;

  /** @param onRetry told the seconds to wait before a refused call is sent once more */
  constructor(user, onRetry) {
    this.#user = user;
    this.#onRetry = onRetry;
  }

  /** Ends what is under way; nothing is answered any more. */
  close() {
    this.#ended.abort();
  }

  get isClosed() {
    return this.#ended.signal.aborted;
  }

  readStatus() {
    return this.#call("GET", "/status");
  }

  startAttempt(idempotencyKey) {
    return this.#call("POST", "/auth", { headers: { "Idempotency-Key": idempotencyKey } });
  }

  confirmLink(attemptId, confirmationCode) {
    const body = { attempt_id: attemptId, confirmation_code: confirmationCode };
    return this.#call("POST", "/link", { body });
  }

  setAutoUpload(enabled) {
    return this.#call("PUT", "/auto-upload", { body: { enabled } });
  }

  unlink() {
    return this.#call("DELETE", "/link");
  }

  async #call(method, path, options = {}) {
    let response = await this.#send(method, path, options);
    if (response.status === 401) {
      this.#token = null;
      response = await this.#send(method, path, options);
    }
    if (await this.#waitedAsAsked(response)) {
      response = await this.#send(method, path, options);
    }
    if (!response.ok) throw await errorOf(response);
    return response.status === 204 ? null : readJson(response);
  }

  async #send(method, path, { body, headers = {} }) {
    this.#token ??= await this.#fetchToken();
    const request = { method, cache: "no-store", headers: { ...headers, Authorization: `Bearer ${this.#token}` } };
    return this.#fetch(BASE + path, withJson(request, body));
  }

  async #fetchToken() {
    const response = await this.#fetch("/local/token", withJson({ method: "POST", headers: {} }, { user: this.#user }));
    if (response.status === 400 || response.status === 422) throw new ApiError("user_refused");
    if (!response.ok) throw await errorOf(response);
    return (await readJson(response)).token;
  }

  async #fetch(url, request) {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      return await fetch(url, { ...request, signal });
    } catch (error) {
      if (this.isClosed) throw error;
      throw new ApiError(navigator.onLine ? "unreachable" : "offline");
    }
  }

  async #waitedAsAsked(response) {
    const seconds = Number(response.headers.get("Retry-After") ?? NaN);
    if (response.status !== 503 || !(seconds >= 0 && seconds <= LONGEST_RETRY_SECONDS)) return false;
    this.#onRetry(Math.max(1, Math.ceil(seconds)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, seconds) * 1000));
    return true;
  }
}

function withJson(request, body) {
  if (body === undefined) return request;
  const headers = { ...request.headers, "Content-Type": "application/json" };
  return { ...request, headers, body: JSON.stringify(body) };
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new ApiError("unexpected");
  }
}

async function errorOf(response) {
  const problem = (await response.json().catch(() => null)) ?? {};
  const code = problem.code ?? CODE_OF_STATUS[response.status] ?? "unexpected";
  return new ApiError(code, {
    title: problem.title,
    detail: problem.detail,
    reference: problem.request_id ?? "",
  });
}
