"""The README's pictures show the pages as they are.

Two machines never paint the same pixels (fonts, Chromium's version, the date of a link), so what is compared is what
the pictures were made from: `made-from.sha256` beside them holds the checksum of every file that the pages consist of,
and of every picture. `sha256sum --check docs/screenshots/made-from.sha256` says the same without Python.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.stack import LocalStack
from tests.e2e.app_page.runner import DESK, PHONE, PREMIUM, NewContext, NewRunner, Scheme

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "docs" / "screenshots"
RECORD = SCREENSHOTS / "made-from.sha256"
CALLBACK_PAGES = ROOT / "layers" / "account_link" / "account_link"
UPDATE = "UPDATE_SCREENSHOTS"
STARTED = time.time()
"""What the pictures were made from is only written down when all of them are of this run."""
SIZES = {"phone": PHONE, "desk": DESK}


@pytest.fixture
def album(tmp_path: Path) -> Iterator[Path]:
    """Yield where pictures go: those of the README are written over on request only."""
    if UPDATE not in os.environ:
        yield tmp_path
        return
    yield SCREENSHOTS
    if all(picture.stat().st_mtime >= STARTED for picture in SCREENSHOTS.glob("*.png")):
        RECORD.write_text(record())


@pytest.mark.browser
@pytest.mark.parametrize("device", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_apps_pictures_for_the_readme_can_be_made(
    new_context: NewContext, new_runner: NewRunner, album: Path, device: str, scheme: Scheme
) -> None:
    runner = new_runner(new_context(SIZES[device], scheme), "runner-1")
    take(runner.page, album / f"unlinked-{device}-{scheme}.png")
    runner.link(*PREMIUM)
    runner.button("Close").click()
    take(runner.page, album / f"linked-{device}-{scheme}.png")
    runner.unlink()
    runner.expect_not_linked()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_callbacks_pictures_for_the_readme_can_be_made(
    new_context: NewContext, stack: LocalStack, album: Path, scheme: Scheme
) -> None:
    page = new_context(PHONE, scheme).new_page()
    page.goto(f"{stack.url}/v1/trainingpeaks/callback?state=unknown")
    expect(page.get_by_role("link", name="Return to Kinni")).to_be_visible()
    take(page, album / f"expired-phone-{scheme}.png")


def test_the_pictures_are_of_the_pages_as_they_are() -> None:
    assert RECORD.read_text() == record(), f"{UPDATE}=1 make test ARGS='-k pictures' makes them anew"


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = {picture.name for picture in SCREENSHOTS.glob("*.png")}
    shown = (ROOT / "README.md").read_text().split("docs/screenshots/")[1:]

    assert {name.split('"', 1)[0] for name in shown} <= pictures


def record() -> str:
    """Return a checksum for each file that the pages are made of, and for each picture."""
    pages = [*(ROOT / "local" / "app").iterdir(), *CALLBACK_PAGES.glob("page*.py")]
    files = sorted([*pages, *SCREENSHOTS.glob("*.png")])
    sums = [(hashlib.sha256(file.read_bytes()).hexdigest(), file.relative_to(ROOT).as_posix()) for file in files]
    return "".join(f"{checksum}  {name}\n" for checksum, name in sums)


def take(page: Page, file: Path) -> None:
    """Take a picture as wide as the one that the README shows."""
    page.mouse.move(0, 0)
    page.screenshot(path=file, full_page=True, animations="disabled")
    assert width_of(file) == width_of(SCREENSHOTS / file.name)


def width_of(picture: Path) -> int:
    """Return the width that a PNG's header tells."""
    return int.from_bytes(picture.read_bytes()[16:20])
