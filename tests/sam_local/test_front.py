"""The port of `make sam-local` says honestly what it is."""

import httpx
import pytest

from local.sam_local.stack import SamLocalStack
from tests.sam_local.app import App, answered


def test_the_page_is_told_who_is_signed_in(app: App, stack: SamLocalStack) -> None:
    assert stack.surroundings.simulator_origin
    assert answered(200, app.http.get("/local/config")) == {
        "trainingpeaks_url": stack.surroundings.simulator_origin.shared_url,
        "simulator": True,
        "user": "runner-1",
    }
    assert answered(200, app.http.post("/local/token", json={"user": "runner-1"})).keys() == {"token"}


@pytest.mark.parametrize("body", [{"user": "runner-2"}, {"user": "runner-1", "admin": True}, [], "runner-1"])
def test_nobody_else_can_sign_in(app: App, body: object) -> None:
    assert app.http.post("/local/token", json=body).status_code == 400


def test_another_website_gets_no_token(app: App) -> None:
    other = app.http.post("/local/token", json={"user": "runner-1"}, headers={"Origin": "https://example.com"})
    assert other.status_code == 403


def test_an_unknown_path_of_the_api_is_refused_as_the_sam_cli_does(app: App) -> None:
    assert answered(403, app.http.get("/v1/trainingpeaks/unknown")) == {"message": "Missing Authentication Token"}
    assert app.http.get("/unknown").status_code == 404


def test_what_was_sent_arrives_as_it_is(app: App) -> None:
    problem = answered(400, app.call("POST", "/auth", {}))
    assert problem["code"] == "idempotency_key_invalid"
    page = app.http.get("/v1/trainingpeaks/callback?state=a%2Fb&state=c&code=d")
    assert page.status_code == httpx.codes.OK
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
