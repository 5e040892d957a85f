"""An answer tells nobody whether another user, or another user's attempt, exists."""

import uuid

from tests.integration.runner import Answer, NewRunner


def _told(answer: Answer) -> tuple[int, dict[str, object]]:
    """Return all that the caller learns, but for the id of the own request."""
    return answer.status, {name: value for name, value in answer.json.items() if name != "request_id"}


def test_nobody_learns_from_an_answer_whether_an_attempt_exists(new_runner: NewRunner) -> None:
    victim, curious = new_runner(), new_runner()
    theirs = victim.authorised()
    curious.start()
    made_up = curious.present(str(uuid.uuid4()), "made-up")
    assert made_up.status == 404

    assert _told(curious.present(theirs.attempt_id, "made-up")) == _told(made_up)
    assert _told(curious.present(theirs.attempt_id, theirs.confirmation_code)) == _told(made_up)
    assert victim.confirm(theirs).status == 200


def test_nobody_learns_from_an_answer_whether_a_user_exists(new_runner: NewRunner) -> None:
    """A user is who the JWT says: what there is to see is one's own."""
    victim, curious = new_runner(), new_runner()
    before = _told(curious.status())
    victim.linked()

    assert _told(curious.status()) == before
    assert curious.unlink().status == 204
    assert victim.status().json["connection"] == "active"
