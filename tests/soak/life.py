"""Life: a runner links, uses, renews, moves and unlinks, in an order that the number of the life decides."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from local.trainingpeaks.athletes import Athlete
from tests.soak.acts import Acts, Answer, Person
from tests.soak.audit import audit
from tests.soak.insistence import TRIES, crowd, insists
from tests.soak.provider import athlete
from tests.soak.service import Service
from tests.soak.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

LINK_TRIES = 12
CROWD = 3
CHAPTERS = 2
AT_TRAININGPEAKS = timedelta(seconds=20)
BEFORE_THE_NEXT_TAP = timedelta(seconds=61)
EXPIRY = timedelta(seconds=600)


class Life:
    """Two Kinni users and two athletes. What the app knows for certain is checked at once, the rest at the end."""

    def __init__(self, service: Service, number: int, seed: str, rate: float) -> None:
        self.world = World(number, seed, rate)
        self._acts = Acts(service, self.world)
        first, second = athlete(2 * number + 1, "Robin"), athlete(2 * number + 2, "Sam")
        self._ann = Person(f"ann-{number}", first)
        self._bob = Person(f"bob-{number}", first)
        self._second = second

    def live(self) -> World:
        """Live it to the end, audit what is left of it, and return its world."""
        chapters: tuple[Callable[[], None], ...] = (
            self._expires,
            self._ticks_the_box,
            self._authorises_again,
            self._comes_back_as_another,
            self._is_taken_over,
            self._abandons_an_attempt,
            self._cancels,
            self._does_all_at_once,
            self._leaves,
        )
        self._links(self._ann)
        self._expires()
        for chapter in self.world.random.choices(chapters, k=CHAPTERS):
            chapter()
            self._acts.work()
        if self.world.random.random() < 0.8:
            self._unlinks(self._ann)
            self._unlinks(self._bob)
        audit(self._acts, [self._ann, self._bob])
        return self.world

    def _links(self, person: Person, as_athlete: Athlete | None = None) -> bool:
        """Tap, sign in, allow, come back and confirm, until it works or the runner has had enough."""
        for _ in range(LINK_TRIES):
            if self._authorises(person, as_athlete) == "authorized":
                confirmed = insists(self.world, lambda: self._acts.confirm(person))
                if confirmed.is_ok:
                    self._is_shown(person, confirmed)
                    return True
            self.world.clock.move(BEFORE_THE_NEXT_TAP)
        self.world.count("runners who gave up")
        return False

    def _authorises(self, person: Person, as_athlete: Athlete | None = None) -> str:
        """Return the outcome of one attempt; none where there was no way to TrainingPeaks."""
        key = uuid4().hex
        started = insists(self.world, lambda: self._acts.start(person, key))
        if not started.document.get("authorization_url"):
            return ""
        self.world.clock.move(AT_TRAININGPEAKS)
        self._acts.allow(person, as_athlete)
        answer = Answer(503)
        for _ in range(TRIES):
            answer = self._acts.come_back(person)
            if answer.code not in {"", "try_again"}:
                break
            self.world.clock.move(timedelta(seconds=2))
        return answer.code

    def _is_shown(self, person: Person, confirmed: Answer) -> None:
        shown = confirmed.document
        if not shown["linked"] or shown["connection"] != "active" or shown["athlete"]["id"] != person.athlete.id:
            self.world.violate(f"confirmed, and shown as {shown['connection']} {shown['athlete']}")

    def _expires(self) -> None:
        """The token expires, several functions need it at once, and one of them refreshes."""
        if self._acts.status(self._ann).document.get("connection") != "active":
            return
        self.world.clock.move(EXPIRY)
        before = self._refreshes()
        crowd(self.world, *[lambda: self._acts.use(self._ann)] * CROWD)
        used = insists(self.world, lambda: self._acts.use(self._ann))
        refreshes = self._refreshes() - before
        self.world.count("expiries")
        self.world.count("refreshes", refreshes)
        self.world.count("expiries that nobody could refresh", refreshes == 0)
        if refreshes > 1:
            self.world.violate(f"{refreshes} refreshes for one expiry")
        if used.code == "not_linked":
            self.world.violate("linked, and not linked for who uses it")

    def _refreshes(self) -> int:
        """Return how many refreshes gave tokens, whose answer arrived or who took the refresh token with them."""
        state = self.world.provider.state
        in_vain = 0 if self.world.provider.kind.rotates else state.lost_answers["refresh"]
        return state.effects["refresh"] - in_vain

    def _ticks_the_box(self) -> None:
        """What was set is shown, and linking the same athlete again leaves it as it is."""
        enabled = self.world.random.random() < 0.5
        if not insists(self.world, lambda: self._acts.toggle(self._ann, enabled=enabled)).is_ok:
            return
        self._links(self._ann)
        shown = insists(self.world, lambda: self._acts.status(self._ann)).document
        if shown.get("auto_upload", enabled) is not enabled:
            self.world.violate("linking again changed the checkbox")

    def _authorises_again(self) -> None:
        self._links(self._ann)

    def _comes_back_as_another(self) -> None:
        """The grant of another athlete is refused while the first is linked, and revoked."""
        self._authorises(self._ann, self._second)
        self.world.clock.move(BEFORE_THE_NEXT_TAP)

    def _is_taken_over(self) -> None:
        """Another Kinni user links the athlete; who held it must authorise again, and may take it back."""
        if self._links(self._bob):
            shown = insists(self.world, lambda: self._acts.status(self._ann)).document
            if shown.get("connection") == "active":
                self.world.violate("an athlete is linked twice")
        if self.world.random.random() < 0.5:
            self._links(self._ann)

    def _abandons_an_attempt(self) -> None:
        """The app never confirms."""
        self._authorises(self._ann)
        self.world.clock.move(timedelta(minutes=30))

    def _cancels(self) -> None:
        insists(self.world, lambda: self._acts.start(self._ann, uuid4().hex))
        self._acts.come_back(self._ann, error="access_denied")
        self.world.clock.move(BEFORE_THE_NEXT_TAP)

    def _does_all_at_once(self) -> None:
        """Whatever may meet, meets."""
        acts, ann, bob = self._acts, self._ann, self._bob
        meeting: tuple[Callable[[], object], ...] = (
            lambda: acts.use(ann),
            lambda: acts.use(bob),
            lambda: acts.unlink(ann),
            lambda: acts.confirm(ann),
            lambda: acts.come_back(ann),
            lambda: acts.start(ann, uuid4().hex),
            lambda: acts.toggle(ann, enabled=True),
            acts.work,
        )
        if self.world.random.random() < 0.5:
            self.world.clock.move(EXPIRY)
        if self.world.random.random() < 0.5:
            self._authorises(ann)
        crowd(self.world, *self.world.random.sample(meeting, CROWD))
        self.world.clock.move(BEFORE_THE_NEXT_TAP)

    def _leaves(self) -> None:
        """Unlink, and come back a while later."""
        self._unlinks(self._ann)
        self.world.clock.move(timedelta(minutes=self.world.random.choice([0, 1, 20])))
        self._links(self._ann)

    def _unlinks(self, person: Person) -> None:
        """After the 204 nobody gets tokens, and nothing is shown."""
        if not insists(self.world, lambda: self._acts.unlink(person)).is_ok:
            return
        crowd(self.world, lambda: self._stays_out(person), lambda: self._stays_out(person))
        shown = insists(self.world, lambda: self._acts.status(person)).document
        if shown.get("linked"):
            self.world.violate("unlinked, and shown as linked")

    def _stays_out(self, person: Person) -> None:
        used = insists(self.world, lambda: self._acts.use(person))
        if used.code != "not_linked" and not used.is_worth_repeating:
            self.world.violate(f"unlinked, and used: {used.status} {used.code}")
