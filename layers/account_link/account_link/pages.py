"""The callback's answers: a redirect, or a page that a person can act on. Its words are in `page_texts`."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from account_link.callback import Landing
from account_link.models import Outcome
from account_link.page_texts import BRAND, GO_ON, LANGUAGE, RETURN, TEXTS, WINDOW_TITLE

WAIT_SECONDS = 2

STYLE = """
:root{color-scheme:light dark;--ink:#1b2925;--paper:#f3f0e8;--card:#fffdf8;--accent:#17624f;--on-accent:#fff}
@media(prefers-color-scheme:dark){
:root{--ink:#e9f0ec;--paper:#0d1412;--card:#15201c;--accent:#82d6b6;--on-accent:#07261c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:clamp(1rem,5vw,1.5rem);
background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:28rem;background:var(--card);border-radius:1.25rem;padding:clamp(1.25rem,7vw,2rem)}
.brand{margin:0 0 1.5rem;font-weight:700;color:var(--accent)}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1.5rem}
p:last-child{margin:0}
a{display:inline-block;padding:.25rem 0;color:var(--accent)}
.button{display:block;padding:.875rem 1rem;border:2px solid transparent;border-radius:.9rem;background:var(--accent);
color:var(--on-accent);text-align:center;font-weight:600;text-decoration:none}
a:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def answer(landing: Landing, default_return_url: str) -> dict[str, Any]:
    """Return the redirect or page for this landing.

    An https return URL gets a redirect, and so does loopback http, which settings allow locally
    only; an app scheme gets a page that goes there by itself. A state that we do not know ends on
    a page whose button leads to the default return URL.
    """
    if landing.outcome is None:
        return _waiting_page()
    failed = landing.outcome is Outcome.TRY_AGAIN
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    if landing.return_url is None:
        return _page(status, landing.outcome, target=_target(landing, default_return_url))
    target = _target(landing, landing.return_url)
    if urlsplit(landing.return_url).scheme in {"https", "http"}:
        headers = _headers() | {"Location": target}
        return {"statusCode": int(HTTPStatus.SEE_OTHER), "headers": headers, "body": ""}
    return _page(status, landing.outcome, target=target, goes_there=True)


def _waiting_page() -> dict[str, Any]:
    """Return the page that asks again by itself, and on request where a browser is told not to reload pages."""
    response = _page(HTTPStatus.OK, None)
    response["headers"]["Refresh"] = str(WAIT_SECONDS)
    return response


def _target(landing: Landing, return_url: str) -> str:
    """Put what the app learns into the fragment, which browsers send to no server."""
    told = {
        "attempt_id": landing.attempt_id,
        "outcome": landing.outcome,
        "confirmation_code": landing.confirmation_code,
    }
    return f"{return_url}#{urlencode({name: value for name, value in told.items() if value})}"


def _page(status: HTTPStatus, outcome: Outcome | None, *, target: str = "", goes_there: bool = False) -> dict[str, Any]:
    text = TEXTS[outcome]
    meta = f'<meta http-equiv="refresh" content="0; url={escape(target)}">' if goes_there else ""
    html = (
        f'<!doctype html><html lang="{LANGUAGE}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{meta}<title>{escape(WINDOW_TITLE.format(title=text.title))}</title><style>{STYLE}</style></head>"
        f'<body><main><p class="brand">{escape(BRAND)}</p><h1>{escape(text.title)}</h1>'
        f"<p>{escape(text.advice)}</p>{_way_on(target)}</main></body></html>"
    )
    headers = _headers() | {"Content-Type": "text/html; charset=utf-8"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(WAIT_SECONDS)
    return {"statusCode": int(status), "headers": headers, "body": html}


def _way_on(target: str) -> str:
    """Return the link to the app, or to this same page where there is no target yet."""
    if target:
        return f'<a class="button" href="{escape(target)}">{escape(RETURN)}</a>'
    return f'<a href="">{escape(GO_ON)}</a>'


def _headers() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
