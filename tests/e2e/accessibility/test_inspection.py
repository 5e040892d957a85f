"""The inspection can fail: each thing that it watches is found on a page that was made wrong in just that."""

import pytest

from account_link.models import Outcome
from tests.e2e.accessibility.conftest import Change, OpenLanding
from tests.e2e.accessibility.inspection import in_both_schemes, what_axe_finds, what_hides_the_focus, what_is_cut_off

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("axe_script")]

HEADING = "<h1>That attempt is no longer valid"


def made_wrong(*changes: tuple[str, str]) -> Change:
    def change(html: str) -> str:
        for old, new in changes:
            assert old in html
            html = html.replace(old, new)
        return html

    return change


def test_axe_finds_what_is_wrong(open_landing: OpenLanding) -> None:
    small_targets = "<button style='padding:0'>+</button><button style='padding:0'>-</button><p>"
    change = made_wrong(
        (' lang="en-GB"', ""),
        ("width=device-width", "user-scalable=no, width=device-width"),
        ('content="0; url', 'content="60; url'),
        ("<main>", "<div>"),
        ("Return to Kinni</a>", "</a>"),
        ("<p>", small_targets),
    )
    page = open_landing(Outcome.EXPIRED, change=change, by_itself=True)
    found = {finding.split(":", 1)[0] for finding in what_axe_finds(page)}

    assert found >= {
        "html-has-lang",
        "link-name",
        "landmark-one-main",
        "meta-refresh",
        "meta-viewport",
        "target-size",
    }


@pytest.mark.parametrize(
    ("scheme", "old", "new"), [("light", "--ink:#1b2925", "--ink:#b0b0a8"), ("dark", "--ink:#e9f0ec", "--ink:#404840")]
)
def test_axe_finds_weak_contrast_in_either_scheme(open_landing: OpenLanding, scheme: str, old: str, new: str) -> None:
    page = open_landing(Outcome.EXPIRED, change=made_wrong((old, new)))

    found = in_both_schemes(page, what_axe_finds)
    assert f"{scheme}: color-contrast: h1" in found
    assert all(finding.startswith(f"{scheme}: color-contrast: ") for finding in found)


def test_what_is_cut_off_is_found(open_landing: OpenLanding) -> None:
    change = made_wrong(
        ("max-width:28rem", "min-width:22rem"),
        ("h1{", "h1{height:4em;overflow:hidden;"),
        (HEADING, f"<p style='height:1.1em;width:8em;line-height:1;overflow:hidden'>A few words</p>{HEADING}"),
    )
    found = what_is_cut_off(open_landing(Outcome.EXPIRED, change=change))

    assert "scrolls sideways, 320 px wide, /* as it is */" in found
    assert [finding for finding in found if finding.startswith("<h1>, 320 px wide, html{font-size:200%")]
    assert [finding for finding in found if finding.startswith("<p ") and "word-spacing" in finding]


@pytest.mark.parametrize(
    ("style", "finding"),
    [
        ("outline:none!important", "no focus ring: "),
        ("outline-width:1px!important", "no focus ring: "),
        ("outline-color:var(--paper)!important", "no focus ring: "),
        ("position:fixed;bottom:-9rem", "focused out of sight: "),
    ],
)
def test_a_focus_that_cannot_be_seen_is_found(open_landing: OpenLanding, style: str, finding: str) -> None:
    page = open_landing(Outcome.EXPIRED, change=made_wrong(('<a class="button"', f'<a style="{style}" class="button"')))

    (found,) = what_hides_the_focus(page)
    assert found.startswith(f"{finding}<a ")
