"""The Partners API: the athlete's profile and a coach's athletes."""

from flask import Blueprint, Response, jsonify

from local.trainingpeaks.athletes import athletes_coached_by
from local.trainingpeaks.gate import ApiError, authorised_grant, guard

api = Blueprint("api", __name__)
guard(api)


@api.get("/v1/athlete/profile")
def athlete_profile() -> Response:
    """Return the athlete's profile.

    A coach gets a list of messages instead, with status 200. The athlete whose profile is empty gets every field as
    null, the id too: one of the shapes that "without content" can have.
    """
    athlete = authorised_grant("athlete:profile").athlete
    if athlete.is_coach:
        return jsonify(["The request could not be completed.", f"Person {athlete.id} is not a valid athlete."])
    return jsonify(athlete.profile)


@api.get("/v1/coach/athletes")
def coach_athletes() -> Response:
    """Return the coach's athletes; 403 for everybody else, which is our assumption."""
    coach = authorised_grant("coach:athletes").athlete
    if not coach.is_coach:
        raise ApiError(403, {"Message": f"Person {coach.id} is not a coach"})
    return jsonify(athletes_coached_by(coach.id))
