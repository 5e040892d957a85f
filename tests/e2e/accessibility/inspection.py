"""What is wrong with a page, as it stands in Chromium, for people who see, hear, point or read differently.

axe finds what a program can tell from the page. What it does not try is tried here: a small phone, larger letters,
wider spacing, and a walk with the Tab key. The window is left as it was found, but for the focus.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from tests import axe
from tests.e2e.app_page.runner import Scheme

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SMALL_PHONE = (320, 568)
DESK_AT_200_PERCENT = (640, 400)  # 1280 by 800, in the units of a page that is zoomed to twice its size

# WCAG 2.2, 1.4.12: what a reader may set without losing anything.
WIDE_SPACING = (
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-bottom:2em!important}"
)
AS_IT_IS = "/* as it is */"
LARGE_LETTERS = "html{font-size:200%!important}"  # 1.4.4

RUN_AXE = """async tags => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}"""

# A box whose edge lies beyond the window, or that hides a part of its text; a dialog may scroll up and down. Fields
# scroll what is typed into them, and what is clipped to nothing is meant for screen readers only.
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter(element => {
  if (!element.checkVisibility() || element.matches("input, option")) return false;
  const { overflowX, overflowY, clipPath } = getComputedStyle(element);
  if (clipPath !== "none") return false;
  const { left, right } = element.getBoundingClientRect();
  return left < -1 || right > innerWidth + 1 ||
    (overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) ||
    (/hidden|clip/.test(overflowY) && element.scrollHeight > element.clientHeight + 1);
}).map(element => element.outerHTML.split(">", 1)[0] + ">")"""

SCROLLS_SIDEWAYS = "() => document.scrollingElement.scrollWidth > innerWidth"

# Where the focus is, and whether its ring is there, in the window, and 3 times lighter or darker than what it lies on.
FOCUS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => {
    const [r, g, b] = numbers(colour).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    if (element === null) return "rgb(255, 255, 255)";
    const colour = getComputedStyle(element).backgroundColor;
    return (numbers(colour)[3] ?? 1) === 1 ? colour : ground(element.parentElement);
  };
  const element = document.activeElement;
  if (element === document.body) return null;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const [dark, light] = [luminance(outlineColor), luminance(ground(element.parentElement))].sort((a, b) => a - b);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const isSeen = bottom > 0 && right > 0 && left < innerWidth && top < innerHeight;
  const isRinged = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && (light + 0.05) / (dark + 0.05) >= 3;
  element.dataset.visits = Number(element.dataset.visits ?? 0) + 1;
  return { html: element.outerHTML.split(">", 1)[0] + ">", isRinged, isSeen, visits: Number(element.dataset.visits) };
}"""
LONGEST_WALK = 40


def inspect(page: Page) -> list[str]:
    """Return everything that is wrong with the page as it is shown now."""
    page.wait_for_load_state()
    return [
        *what_is_cut_off(page),
        *in_both_schemes(page, what_axe_finds),
        *in_both_schemes(page, what_hides_the_focus),
    ]


def in_both_schemes(page: Page, check: Callable[[Page], list[str]]) -> list[str]:
    findings: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        findings += [f"{scheme}: {finding}" for finding in check(page)]
    page.emulate_media(color_scheme=None)
    return findings


def what_axe_finds(page: Page) -> list[str]:
    """Run axe on a small phone."""
    with window(page, SMALL_PHONE):
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe.script())
        findings: list[str] = page.evaluate(RUN_AXE, TAGS)
        return findings


def what_is_cut_off(page: Page) -> list[str]:
    """Return what a small phone, a reader's own spacing or letters of twice the size push out of sight."""
    findings: list[str] = []
    for size, style in (
        (SMALL_PHONE, AS_IT_IS),
        (SMALL_PHONE, WIDE_SPACING),
        (SMALL_PHONE, LARGE_LETTERS),
        (DESK_AT_200_PERCENT, AS_IT_IS),
        (DESK_AT_200_PERCENT, LARGE_LETTERS),
    ):
        with window(page, size), styled(page, style):
            lost: list[str] = page.evaluate(CUT_OFF)
            if page.evaluate(SCROLLS_SIDEWAYS):
                lost.append("scrolls sideways")
            findings += [f"{what}, {size[0]} px wide, {style}" for what in lost]
    return findings


def what_hides_the_focus(page: Page) -> list[str]:
    """Walk through the page with the Tab key on a small phone; return where one cannot see where one is."""
    with window(page, SMALL_PHONE):
        places = list(walk(page))
        page.evaluate("document.querySelectorAll('[data-visits]').forEach(each => delete each.dataset.visits)")
        is_anywhere = page.locator("a[href], button, input, select").filter(visible=True).count() > 0
    return [
        *(f"no focus ring: {place['html']}" for place in places if not place["isRinged"]),
        *(f"focused out of sight: {place['html']}" for place in places if not place["isSeen"]),
        *(["the Tab key leads nowhere"] if is_anywhere and not places else []),
    ]


def walk(page: Page) -> Iterator[dict[str, Any]]:
    """Yield each place that the Tab key leads to, once around."""
    is_under_way = False
    for _ in range(LONGEST_WALK):
        page.keyboard.press("Tab")
        place: dict[str, Any] | None = page.evaluate(FOCUS)
        if is_under_way and (place is None or place["visits"] > 1):
            return
        if place is not None:  # The first press may only leave the browser's own bar.
            is_under_way = True
            yield place


@contextmanager
def window(page: Page, size: tuple[int, int]) -> Iterator[None]:
    """Give the window another size for the length of the block."""
    before = page.viewport_size
    page.set_viewport_size({"width": size[0], "height": size[1]})
    yield
    if before is not None:
        page.set_viewport_size(before)


@contextmanager
def styled(page: Page, style: str) -> Iterator[None]:
    """Add a reader's own style for the length of the block."""
    added = page.add_style_tag(content=style)
    yield
    added.evaluate("element => element.remove()")
