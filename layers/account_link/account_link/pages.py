"""The callback's answers: a redirect, or a page that a person can act on. All texts are here."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from account_link.callback import Landing
from account_link.models import Outcome

WAIT_SECONDS = 2

STYLE = """
:root{color-scheme:light dark;--ink:#1b2925;--paper:#f3f0e8;--card:#fffdf8;--accent:#17624f;--on-accent:#fff}
@media(prefers-color-scheme:dark){
:root{--ink:#e9f0ec;--paper:#0d1412;--card:#15201c;--accent:#82d6b6;--on-accent:#07261c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;
background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:28rem;background:var(--card);border-radius:1.25rem;padding:2rem}
.brand{margin:0 0 1.5rem;font-weight:700;color:var(--accent)}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1.5rem}
p:last-child{margin:0}
.button{display:block;padding:.875rem 1rem;border-radius:.9rem;background:var(--accent);
color:var(--on-accent);text-align:center;font-weight:600;text-decoration:none}
.button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A page's words."""

    title: str
    advice: str


TEXTS: dict[Outcome | None, Text] = {
    Outcome.AUTHORIZED: Text(
        "TrainingPeaks allowed access",
        "Return to Kinni and check that your TrainingPeaks athlete details are shown.",
    ),
    Outcome.CANCELLED: Text(
        "Linking was cancelled",
        "Nothing was changed. To link your account, return to Kinni, choose Link TrainingPeaks and allow access.",
    ),
    Outcome.EXPIRED: Text(
        "That attempt is no longer valid",
        "Return to Kinni and choose Link TrainingPeaks again.",
    ),
    Outcome.PERMISSION_MISSING: Text(
        "A permission is missing",
        "Kinni needs access to your profile and permission to write files. Return to Kinni, choose"
        " Link TrainingPeaks again and allow both.",
    ),
    Outcome.PROFILE_DATA_MISSING: Text(
        "TrainingPeaks sent no athlete profile",
        "Without it Kinni cannot tell whose account it is. Check your profile in TrainingPeaks, then"
        " return to Kinni and simply try again.",
    ),
    Outcome.COACH_ACCOUNT: Text(
        "That is a coach account",
        "Runs can only be uploaded to an athlete's account. Sign out of TrainingPeaks, then return to"
        " Kinni and try again as the athlete.",
    ),
    Outcome.DIFFERENT_ATHLETE: Text(
        "That is a different TrainingPeaks account",
        "Your link has stayed as it was. To change the account, return to Kinni, unlink this one first,"
        " then link the right one.",
    ),
    Outcome.TRAININGPEAKS_UNAVAILABLE: Text(
        "TrainingPeaks is not answering",
        "Nothing was changed. Return to Kinni and try again in a few minutes.",
    ),
    Outcome.CONFIGURATION_ERROR: Text(
        "TrainingPeaks did not accept Kinni's request",
        "You have done nothing wrong. Return to Kinni and try again later.",
    ),
    Outcome.TRY_AGAIN: Text(
        "Linking did not work",
        "Kinni could not finish it, and nothing was lost. Return to Kinni and simply try again.",
    ),
    None: Text(
        "One moment …",
        "Kinni is finishing your TrainingPeaks link. This page goes on by itself.",
    ),
}


def answer(landing: Landing, default_return_url: str) -> dict[str, Any]:
    """Return the redirect or page for this landing.

    An https return URL gets a redirect, and so does loopback http, which settings allow locally
    only; an app scheme gets a page that goes there by itself. A state that we do not know ends on
    a page whose button leads to the default return URL.
    """
    if landing.outcome is None:
        return _page(HTTPStatus.OK, None, refresh=str(WAIT_SECONDS))
    failed = landing.outcome is Outcome.TRY_AGAIN
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    if landing.return_url is None:
        return _page(status, landing.outcome, target=_target(landing, default_return_url))
    target = _target(landing, landing.return_url)
    if urlsplit(landing.return_url).scheme in {"https", "http"}:
        headers = _headers() | {"Location": target}
        return {"statusCode": int(HTTPStatus.SEE_OTHER), "headers": headers, "body": ""}
    return _page(status, landing.outcome, target=target, refresh=f"0; url={target}")


def _target(landing: Landing, return_url: str) -> str:
    """Put what the app learns into the fragment, which browsers send to no server."""
    told = {
        "attempt_id": landing.attempt_id,
        "outcome": landing.outcome,
        "confirmation_code": landing.confirmation_code,
    }
    return f"{return_url}#{urlencode({name: value for name, value in told.items() if value})}"


def _page(status: HTTPStatus, outcome: Outcome | None, *, target: str = "", refresh: str = "") -> dict[str, Any]:
    text = TEXTS[outcome]
    meta = f'<meta http-equiv="refresh" content="{escape(refresh)}">' if refresh else ""
    button = f'<a class="button" href="{escape(target)}">Return to Kinni</a>' if target else ""
    html = (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{meta}<title>{escape(text.title)} · Kinni</title><style>{STYLE}</style></head>"
        f'<body><main><p class="brand">Kinni</p><h1>{escape(text.title)}</h1>'
        f"<p>{escape(text.advice)}</p>{button}</main></body></html>"
    )
    headers = _headers() | {"Content-Type": "text/html; charset=utf-8"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(WAIT_SECONDS)
    return {"statusCode": int(status), "headers": headers, "body": html}


def _headers() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
