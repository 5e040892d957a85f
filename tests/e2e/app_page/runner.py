"""A runner in front of Chromium: what a person does on the app page and at TrainingPeaks, and what they then see."""

import re
from collections.abc import Callable
from typing import Literal

from playwright.sync_api import BrowserContext, Locator, expect

PASSWORD = "simulator"
AUTHORIZE_PAGE = re.compile(r"/OAuth/Authorize\?")
BASIC, SECOND, PREMIUM = ("basic", "Robin Vale"), ("second", "Sam Okafor"), ("premium", "Dana Whitfield")
PHONE, DESK = (390, 844), (1280, 800)

type Scheme = Literal["light", "dark"]
type NewContext = Callable[..., BrowserContext]
type NewRunner = Callable[..., Runner]


class Runner:
    """One Kinni user with one tab open."""

    def __init__(self, context: BrowserContext, url: str, user: str) -> None:
        self.url = f"{url}/"
        self.user = user
        self.page = context.new_page()
        self.page.goto(self.url)
        self.sign_in_to_kinni(user)

    def sign_in_to_kinni(self, user: str) -> None:
        """Use the strip for engineers."""
        self.page.get_by_label("Signed in as").fill(user)
        self.button("Switch").click()
        expect(self.page.locator("#announcer")).to_have_text(f"Signed in as {user}.")
        expect(self.heading("Loading your connection…")).to_be_hidden()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True)

    @property
    def notice(self) -> Locator:
        return self.page.locator("#notice-words")

    @property
    def auto_upload(self) -> Locator:
        return self.page.get_by_role("checkbox", name="Auto-upload", exact=True)

    def go_to_trainingpeaks(self, button: str = "Link TrainingPeaks") -> None:
        self.button(button).click()
        self.page.wait_for_url(AUTHORIZE_PAGE)

    def answer(self, athlete: str, decision: str = "Allow") -> None:
        """Sign in at TrainingPeaks, whoever is signed in there, answer, and come back to Kinni."""
        somebody_else = self.page.get_by_role("button", name="Not you?")
        if somebody_else.is_visible():
            somebody_else.click()
        self.page.get_by_label("Username").fill(athlete)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.button("Sign in").click()
        self.decide(decision)

    def decide(self, decision: str = "Allow") -> None:
        """Answer as the athlete who is signed in at TrainingPeaks, and come back to Kinni."""
        self.button(decision).click()
        self.page.wait_for_url(self.url)

    def link(self, athlete: str, name: str) -> None:
        """Link an athlete's account and see the athlete's details."""
        self.go_to_trainingpeaks()
        self.answer(athlete)
        self.expect_linked(name)

    def unlink(self) -> None:
        self.button("Unlink").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Unlink").click()

    def expect_linked(self, name: str) -> None:
        expect(self.heading(name)).to_be_visible()
        expect(self.page.get_by_text("Linked", exact=True)).to_be_visible()

    def expect_not_linked(self) -> None:
        expect(self.button("Link TrainingPeaks")).to_be_visible()
        expect(self.page.get_by_text("Not linked", exact=True)).to_be_visible()
