"""What an S3 service's failures mean: which are worth a retry, and what to tell the user."""

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from headgate.errors import HeadgateError, NotFoundError, UnreachableError, UsageError
from headgate.store.port import StoreFailedError

TRANSIENT = (
    boto.ConnectionError,
    boto.HTTPClientError,
    boto.IncompleteReadError,
    boto.ResponseStreamingError,
)
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
)
_MENDED_BY_RETRY = {
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}


def status_of(err: ClientError) -> int:
    """Return the HTTP status of an error answer."""
    return err.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def code_of(err: ClientError) -> str:
    """Return the S3 error code of an error answer; HEAD has only the status as text."""
    return err.response.get("Error", {}).get("Code", "")


def is_refusal(err: BotoCoreError | ClientError) -> bool:
    """Tell whether a put was refused because of an object, or another put, at its key."""
    return isinstance(err, ClientError) and status_of(err) in {409, 412}


def is_transient(err: BotoCoreError | ClientError) -> bool:
    """Tell whether the same request may succeed in a moment."""
    if isinstance(err, ClientError):
        return status_of(err) >= 500 or status_of(err) == 429 or code_of(err) in _MENDED_BY_RETRY
    return isinstance(err, TRANSIENT)


def explained(err: BotoCoreError | ClientError, bucket: str, endpoint: str) -> HeadgateError:
    """Return our error for theirs; names bucket and endpoint, never a credential."""
    where = f"bucket {bucket!r} at {endpoint}"
    if is_transient(err):
        return UnreachableError(
            f"S3 {where} does not answer ({_name(err)}). Check that the service runs and that "
            "AWS_ENDPOINT_URL names it, then ask again."
        )
    if isinstance(err, _NO_CREDENTIALS):
        return UsageError(
            f"S3 {where} needs credentials, and none that are complete were found "
            f"({_name(err)}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        )
    if isinstance(err, ClientError):
        return _explained_answer(err, where)
    return UsageError(
        f"S3 {where} could not be asked ({_name(err)}). Check the AWS_* variables and the AWS "
        "configuration file."
    )


def _explained_answer(err: ClientError, where: str) -> HeadgateError:
    if code_of(err) == "NoSuchBucket" or status_of(err) == 404:
        return NotFoundError(
            f"S3 {where} does not exist. Create it, or correct the store URL or AWS_ENDPOINT_URL."
        )
    if status_of(err) in {401, 403}:
        return UsageError(
            f"S3 {where} refuses these credentials ({_name(err)}). They need the right to get, "
            "put, delete and list there; check AWS_ACCESS_KEY_ID or AWS_PROFILE, and the clock."
        )
    return StoreFailedError(
        f"S3 {where} refused a request ({_name(err)}). Check that it is an S3 service which "
        "supports plain put, get, list and delete."
    )


def _name(err: BotoCoreError | ClientError) -> str:
    if isinstance(err, ClientError):
        return f"{code_of(err) or 'no error code'}, HTTP {status_of(err)}"
    return type(err).__name__
