"""A runner links, toggles and unlinks, and every request is answered from a container."""

import json
import time
from pathlib import Path

import boto3
import pytest
from playwright.sync_api import expect, sync_playwright

from local.sam_local.stack import SamLocalStack
from tests.e2e.app_page.runner import BASIC, Runner
from tests.e2e.conftest import FLAGS
from tests.sam_local.app import App, answered

ATHLETE = {"id": 123456, "first_name": "Robin", "last_name": "Vale"}
ROBIN = 123456
REVOKED_WITHIN_SECONDS = 120


def test_a_runner_links_toggles_and_unlinks(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.status()["linked"] is False

    told = app.authorize("walk")
    assert told.pop("outcome") == "authorized"
    linked = answered(200, app.call("POST", "/link", told))
    assert (linked["linked"], linked["connection"], linked["athlete"]) == (True, "active", ATHLETE)
    assert linked["auto_upload"] is True
    assert linked["token"]["valid"] is True
    assert sorted(linked["scopes"]) == ["athlete:profile", "file:write"]
    assert linked["attempt"]["status"] == "linked"

    assert answered(200, app.call("PUT", "/auto-upload", {"enabled": False})) == {"auto_upload": False}
    assert app.status()["auto_upload"] is False
    assert answered(400, app.call("PUT", "/auto-upload", {"enabled": "true"}))["code"] == "request_invalid"
    assert len(app.live_grants(ROBIN)) == 1

    unlinked = app.call("DELETE", "/link")
    assert (unlinked.status_code, unlinked.content) == (204, b"")
    assert app.status() | {"attempt": None} == {
        "linked": False,
        "connection": "none",
        "athlete": None,
        "auto_upload": False,
        "token": None,
        "scopes": [],
        "linked_at": None,
        "attempt": None,
    }
    assert app.live_grants(ROBIN) == []
    assert answered(404, app.call("PUT", "/auto-upload", {"enabled": True}))["code"] == "not_linked"

    said = capsys.readouterr().err
    assert '"route":"GET /v1/trainingpeaks/callback"' in said
    assert told["confirmation_code"] not in said
    assert "state=" not in said
    assert "code=" not in said


def test_the_worker_ends_what_nobody_will_use(app: App, stack: SamLocalStack) -> None:
    assert stack.surroundings.simulator
    stack.surroundings.simulator.grant_scopes = frozenset({"athlete:profile"})
    told = app.authorize("without-upload")
    stack.surroundings.simulator.grant_scopes = None
    assert told["outcome"] == "permission_missing"
    (grant,) = app.live_grants(ROBIN)

    # The callback's own message comes after 45 seconds; another one with the same content need not wait.
    (stored,) = _stored_grants(stack)
    boto3.client("sqs").send_message(
        QueueUrl=stack.surroundings.queue_url, MessageBody=json.dumps({"grant_id": stored.removeprefix("GRANT#")})
    )
    deadline = time.monotonic() + REVOKED_WITHIN_SECONDS
    while grant in app.live_grants(ROBIN):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert stack.worker.containers


def test_the_page_links_and_unlinks_in_a_browser(app: App, stack: SamLocalStack, chromium: Path) -> None:
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser:
        runner = Runner(browser.new_context(locale="en-GB"), stack.url, "runner-1")
        runner.link(*BASIC)
        runner.auto_upload.click()
        expect(runner.auto_upload).not_to_be_checked()
        expect(runner.page.locator("#auto-upload-state")).to_have_text("Saved: new runs stay in Kinni.")
        assert app.status()["auto_upload"] is False
        runner.unlink()
        runner.expect_not_linked()
    assert app.status()["linked"] is False


def _stored_grants(stack: SamLocalStack) -> list[str]:
    table = stack.surroundings.variables["TABLE_NAME"]
    keys = [item["pk"]["S"] for item in boto3.client("dynamodb").scan(TableName=table)["Items"]]
    return [key for key in keys if key.startswith("GRANT#")]
