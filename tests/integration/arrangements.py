"""What comes before each way through the functions of the API."""

from tests.integration.aws_faults import refused
from tests.integration.fault_scenarios import LIFETIME, Act, Rig
from tests.integration.runner import Answer
from tests.integration.scripted_trainingpeaks import TOKEN, says


def new_start(rig: Rig) -> Act:
    return rig.runner.start


def joining_start(rig: Rig) -> Act:
    rig.runner.start()
    return rig.runner.start


def replacing_start(rig: Rig) -> Act:
    rig.runner.authorised()
    rig.stored.age(rig.runner.user, LIFETIME)
    return rig.runner.start


def tidying_start(rig: Rig) -> Act:
    rig.runner.start()
    rig.stored.age(rig.runner.user, LIFETIME)
    key = {"attempt_id": "long-ago", "return_url": "https://kinni.example/connected", "at": 1}
    rig.stored.change_account(rig.runner.user, lambda item: item.update({f"key#{n:032x}": key for n in range(32)}))
    return rig.runner.start


def callback(rig: Rig) -> Act:
    query = rig.runner.allowed()
    return lambda: rig.runner.come_back(query)


def callback_without_permission(rig: Rig) -> Act:
    """Only the profile was allowed: the grant is nobody's link, and whose it is is known."""
    _, url = rig.runner.started()
    query = rig.trainingpeaks.allow(url, rig.runner.athlete, scopes=("athlete:profile",))
    return lambda: rig.runner.come_back(query)


def refused_callback(rig: Rig) -> Act:
    rig.trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant"}))
    return callback(rig)


def cancelled_callback(rig: Rig) -> Act:
    query = f"error=access_denied&{rig.runner.allowed().partition('&')[2]}"
    return lambda: rig.runner.come_back(query)


def keyless_callback(rig: Rig) -> Act:
    query = rig.runner.allowed()

    def act() -> Answer:
        with rig.aws_calls.fault("GenerateDataKey", refused) as fault:
            fault.tries = 1  # It may not come to that.
            return rig.runner.come_back(query)

    return act


def repeated_callback(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.come_back(authorised.query)


def malformed_callback(rig: Rig) -> Act:
    query = rig.runner.allowed().partition("&")[2]
    return lambda: rig.runner.come_back(query)


def confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.confirm(authorised)


def repeated_confirm(rig: Rig) -> Act:
    authorised = rig.runner.linked()
    return lambda: rig.runner.confirm(authorised)


def relinking_confirm(rig: Rig) -> Act:
    rig.runner.linked()
    return confirm(rig)


def wrong_confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.confirm(authorised, code="wrong" * 8)


def moving_confirm(rig: Rig) -> Act:
    rig.new_runner().linked(rig.runner.athlete)
    return confirm(rig)


def outdated_confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    rig.new_runner().linked(rig.runner.athlete)
    return lambda: rig.runner.confirm(authorised)


def status(rig: Rig) -> Act:
    rig.runner.linked()
    return rig.runner.status


def toggle(rig: Rig) -> Act:
    rig.runner.linked()
    return lambda: rig.runner.set_auto_upload(enabled=False)


def unlink(rig: Rig) -> Act:
    rig.runner.linked()
    return rig.runner.unlink


def unlink_of_an_attempt(rig: Rig) -> Act:
    rig.runner.authorised()
    return rig.runner.unlink
