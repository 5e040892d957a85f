"""The JSON bodies that the app sends: strict, and nothing beyond what `api.md` names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from account_link.errors import RequestInvalidError


class Body(BaseModel):
    """Unknown fields are refused, and the input never shows in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StartBody(Body):
    """`POST /auth`; the body as a whole may be missing."""

    return_url: Annotated[StrictStr, Field(max_length=2048)] | None = None


class ConfirmBody(Body):
    """`POST /link`."""

    attempt_id: Annotated[StrictStr, Field(min_length=1, max_length=128)]
    confirmation_code: Annotated[StrictStr, Field(min_length=1, max_length=128, repr=False)]


class AutoUploadBody(Body):
    """`PUT /auto-upload`: a JSON boolean and nothing that looks like one."""

    enabled: StrictBool


def parse[T: Body](model: type[T], body: bytes) -> T:
    """Return the body as its model; raise RequestInvalidError where it does not parse."""
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        raise RequestInvalidError from exc
