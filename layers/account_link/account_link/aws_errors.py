"""What it means for us that AWS did not do what it was asked, and what the operators are told of it."""

from botocore.exceptions import ClientError

from account_link.errors import TryAgainError
from account_link.log import logger

KMS_OPERATIONS = {"Decrypt", "GenerateDataKey"}
REFUSALS = {"AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException"}


def try_again(exc: Exception) -> TryAgainError:
    """Return what to raise in the error's place; name the operation and the error, and never quote its text."""
    from account_link.telemetry import count  # noqa: PLC0415 - no function pays for it while AWS answers

    operation, cause = "", type(exc).__name__
    if isinstance(exc, ClientError):
        operation, cause = exc.operation_name, exc.response["Error"]["Code"]
        if _is_for_want_of_the_key(exc):
            count("KeyRefused")
    count("AwsCallFailed")
    logger.warning("aws_failed", extra={"operation": operation, "cause": cause})
    return TryAgainError()


def _is_for_want_of_the_key(exc: ClientError) -> bool:
    """Tell whether KMS refuses the key: no later try will succeed by itself.

    DynamoDB and SQS use it too, and say in their own words that KMS refused it to them.
    """
    error = exc.response["Error"]
    if exc.operation_name in KMS_OPERATIONS:
        return error["Code"] in REFUSALS
    told = f"{error['Code']} {error.get('Message', '')}".lower()
    return "kms" in told and "throttl" not in told
