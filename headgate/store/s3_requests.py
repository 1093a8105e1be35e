"""How the S3 service is asked: with bounded time, and again when that may help."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from headgate.store.s3_errors import is_transient

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAUSES_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6)

_Answer = TypeVar("_Answer")
_AWS = (".amazonaws.com", ".amazonaws.com.cn")
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=32,
    # We retry ourselves: only we know that a refusal after a lost reply may be our own success.
    retries={"mode": "standard", "total_max_attempts": 1},
    # Services other than AWS trip over boto3's checksums; all understand Content-MD5.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_BY_PATH = Config(s3={"addressing_style": "path"})


def new_client() -> "S3Client":
    """Return a client by the standard AWS chain; buckets are in the path outside AWS."""
    session = Session()
    client = session.client("s3", config=_CONFIG)
    if (urlsplit(client.meta.endpoint_url).hostname or "").endswith(_AWS):
        return client
    return session.client("s3", config=_CONFIG.merge(_BY_PATH))


def patiently(request: Callable[[], _Answer], pauses_seconds: Sequence[float]) -> _Answer:
    """Return the answer, asking again after each pause while the service fails or is away.

    Raises:
        BotoCoreError, ClientError: the last failure, or the first that no retry mends.
    """
    for pause_seconds in pauses_seconds:
        try:
            return request()
        except (BotoCoreError, ClientError) as err:
            if not is_transient(err):
                raise
        wait(pause_seconds)
    return request()


def wait(seconds: float) -> None:
    """Sleep for half to all of the time, so that racers do not return in step."""
    time.sleep(seconds * random.uniform(0.5, 1))  # noqa: S311  nothing secret
