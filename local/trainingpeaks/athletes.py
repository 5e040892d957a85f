"""The demo people who can sign in to the simulator."""

from dataclasses import dataclass
from typing import Final

PASSWORD: Final = "simulator"  # noqa: S105 - printed on the sign-in page on purpose
"""The one password of every demo athlete."""

COACH_ID: Final = 987654

type Profile = dict[str, int | float | str | bool | None]
"""An athlete as the API shows it, in TrainingPeaks' own spelling."""

EMPTY_PROFILE: Final[Profile] = {
    "Id": None,
    "FirstName": None,
    "LastName": None,
    "Email": None,
    "TimeZone": None,
    "BirthMonth": None,
    "Sex": None,
    "CoachedBy": None,
    "Weight": None,
    "IsPremium": None,
    "PreferredUnits": None,
}


@dataclass(frozen=True)
class Athlete:
    """A person with a TrainingPeaks account.

    `id` identifies the account inside the simulator, also where the profile hides it. `profile` is None for a coach,
    who is not a valid athlete.
    """

    id: int
    username: str
    name: str
    kind: str
    profile: Profile | None

    @property
    def is_coach(self) -> bool:
        """Whether this account coaches others and has no athlete profile."""
        return self.profile is None


ATHLETES: Final = (
    Athlete(
        123456,
        "basic",
        "Robin Vale",
        "a basic athlete",
        {
            "Id": 123456,
            "FirstName": "Robin",
            "LastName": "Vale",
            "Email": "robin.vale@example.com",
            "TimeZone": "Europe/London",
            "BirthMonth": "1988-04",
            "Sex": "f",
            "CoachedBy": None,
            "Weight": 61.5,
            "IsPremium": False,
            "PreferredUnits": "Metric",
        },
    ),
    Athlete(
        123457,
        "second",
        "Sam Okafor",
        "another basic athlete, coached",
        {
            "Id": 123457,
            "FirstName": "Sam",
            "LastName": "Okafor",
            "Email": "sam.okafor@example.com",
            "TimeZone": "Africa/Lagos",
            "BirthMonth": None,
            "Sex": "m",
            "CoachedBy": COACH_ID,
            "Weight": 74.0,
            "IsPremium": False,
            "PreferredUnits": "Metric",
        },
    ),
    Athlete(
        123458,
        "premium",
        "Dana Whitfield",
        "a premium athlete, coached",
        {
            "Id": 123458,
            "FirstName": "Dana",
            "LastName": "Whitfield",
            "Email": "dana.whitfield@example.com",
            "TimeZone": "America/Denver",
            "BirthMonth": "1980-10",
            "Sex": "f",
            "CoachedBy": COACH_ID,
            "Weight": 57.52,
            "IsPremium": True,
            "PreferredUnits": "English",
        },
    ),
    Athlete(COACH_ID, "coach", "Jordan Hale", "a coach, not an athlete", None),
    Athlete(123459, "empty", "Alex Nemo", "an athlete whose profile is empty", EMPTY_PROFILE),
)

_BY_USERNAME: Final = {athlete.username: athlete for athlete in ATHLETES}


def athlete_who_signs_in(username: str, password: str) -> Athlete | None:
    """Return the athlete whom the credentials belong to, or None."""
    return _BY_USERNAME.get(username.strip().lower()) if password == PASSWORD else None


def athletes_coached_by(coach_id: int) -> list[Profile]:
    """Return the profiles of everybody who is coached by `coach_id`."""
    profiles = (athlete.profile for athlete in ATHLETES)
    return [profile for profile in profiles if profile and profile["CoachedBy"] == coach_id]
