"""Cast: from the name of an act to the work that an actor does."""

from collections.abc import Callable

from tests.interleave.acts import Acts, Answer, Person
from tests.interleave.message_queue import Message
from tests.interleave.scenes import Company

type Work = Callable[[], object]


def work(role: str, acts: Acts, company: Company, messages: list[Message]) -> Work:
    """Return what the actor of that role does, such as `bob.unlink`."""
    who, _, act = role.rpartition(".")
    person: Person = getattr(company, who or "ann")
    if act.startswith("worker"):
        number = int(act.removeprefix("worker") or 1) - 1
        return lambda: acts.work(messages[number])
    if act == "steal":
        return lambda: acts.steal(person, company.ann)
    return _works(acts, person)[act]


def journey(acts: Acts, person: Person) -> Answer:
    """Start, allow, come back, confirm: as far as it goes."""
    answer = acts.start(person)
    if answer.document.get("authorization_url"):
        acts.allow(person)
        return finish(acts, person)
    return answer


def finish(acts: Acts, person: Person) -> Answer:
    """Come back and confirm."""
    answer = acts.callback(person)
    return acts.confirm(person) if answer.document.get("outcome") == "authorized" else answer


def _works(acts: Acts, person: Person) -> dict[str, Work]:
    return {
        "start": lambda: acts.start(person),
        "callback": lambda: acts.callback(person),
        "other": lambda: acts.callback(person, 1),
        "confirm": lambda: acts.confirm(person),
        "wrong": lambda: acts.guess(person),
        "finish": lambda: finish(acts, person),
        "journey": lambda: journey(acts, person),
        "unlink": lambda: acts.unlink(person),
        "use": lambda: acts.use(person),
    }
