"""Every word of the callback's pages, in one place for a translator.

What to do next is the advice of Kinni's help page: return to the app and simply try again; allow profile and
file-write access; unlink a wrong account first; wait while TrainingPeaks is down.
"""

from dataclasses import dataclass

from account_link.models import Outcome

LANGUAGE = "en-GB"
BRAND = "Kinni"
WINDOW_TITLE = "{title} · Kinni"
RETURN = "Return to Kinni"
GO_ON = "Go on now"


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
        "It took too long, was used already, or a newer one took its place. Return to Kinni and simply try again.",
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
        "You have done nothing wrong. Return to Kinni and try again later; if it stays like this, please write"
        " to Kinni's support.",
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
