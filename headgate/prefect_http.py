"""One exchange with Prefect's API: bounded in time, patient with a busy server, explained."""

import random
import time
from contextlib import AbstractContextManager, nullcontext, suppress

import httpx
from pydantic import JsonValue, SecretStr

from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.trace_context import trace_headers

_CONNECT_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_REFUSED = (
    httpx.codes.BAD_REQUEST,
    httpx.codes.CONFLICT,
    httpx.codes.REQUEST_ENTITY_TOO_LARGE,
    httpx.codes.UNPROCESSABLE_ENTITY,
)
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_CREDENTIALS = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class PrefectHttp:
    """Requests that end as an answer or as a sentence; safe to share between threads.

    One exchange takes at most ``timeout_seconds`` and a second to connect. A 503, which Prefect on
    SQLite answers when two write at once, is asked again for ``patience_seconds``.
    """

    def __init__(
        self,
        api_url: str,
        *,
        auth: SecretStr | None,
        timeout_seconds: float,
        patience_seconds: float,
    ) -> None:
        url = _checked_url(api_url)
        self.api_url = str(url.copy_with(userinfo=b""))
        self._timeout_seconds = timeout_seconds
        self._patience_seconds = patience_seconds
        self._client = httpx.Client(
            base_url=url,
            auth=_basic_auth(auth),
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
            # A proxy from the environment does not reach our own loopback.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        *,
        one_at_a_time: AbstractContextManager[object] | None = None,
    ) -> httpx.Response:
        """Return Prefect's answer: a success with JSON.

        Every request must be safe to repeat. The lock, if any, is held while one is under way.

        Raises:
            NotFoundError: on 404, with Prefect's words.
            UsageError: if Prefect refuses what was sent, or our credentials.
            UnreachableError: if Prefect does not answer, or not as Prefect does.
        """
        deadline = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            with one_at_a_time or nullcontext():
                answer = self.send(method, path, body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return self._judged(answer)
            if time.monotonic() + pause > deadline:
                raise self.unreachable(f"busy, 503 for {self._patience_seconds:g} seconds")
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads askers, guards nothing
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def send(self, method: str, path: str, body: JsonValue = None) -> httpx.Response:
        """Return whatever is answered.

        Raises:
            UnreachableError: if nothing is, in time.
        """
        request = self._request(method, path, body)
        try:
            with suppress(*_BROKEN):
                return self._once(request)
            # A kept connection whose server has restarted; a new one tells whether it is back.
            return self._once(request)
        except httpx.HTTPError as err:
            raise self.unreachable(_words(err)) from err

    def unreachable(self, found: str) -> UnreachableError:
        return UnreachableError(
            f"Prefect's API at {self.api_url} does not answer ({found}). Start it: headgate up"
        )

    def _request(self, method: str, path: str, body: JsonValue) -> httpx.Request:
        try:
            return self._client.build_request(method, path, json=body, headers=trace_headers())
        except ValueError as err:
            raise UsageError(
                "A parameter cannot be written as JSON: a number is not finite, or a text is not "
                "valid Unicode. Send null or a finite number."
            ) from err

    def _once(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + self._timeout_seconds
        answer = self._client.send(request, stream=True)
        try:
            chunks = []
            for chunk in answer.iter_bytes():
                chunks.append(chunk)
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer came too slowly")
        finally:
            answer.close()
        date = answer.headers.get("date", "")
        return httpx.Response(answer.status_code, headers={"date": date}, content=b"".join(chunks))

    def _judged(self, answer: httpx.Response) -> httpx.Response:
        status = answer.status_code
        if status in _CREDENTIALS:
            raise UsageError(
                f"Prefect's API at {self.api_url} does not accept our credentials ({status}). "
                "Set PREFECT_API_AUTH_STRING to the server's user:password."
            )
        if status == httpx.codes.NOT_FOUND:
            raise NotFoundError(f"Prefect's API at {self.api_url} says: {_detail(answer)}")
        if status in _REFUSED:
            raise UsageError(f"Prefect refused the request: {_detail(answer)}")
        if not answer.is_success:
            raise self.unreachable(f"it answered {status}")
        return answer


def _checked_url(api_url: str) -> httpx.URL:
    try:
        url = httpx.URL(api_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(
            "The address of Prefect's API is not an http(s) URL. "
            "Set PREFECT_API_URL, for example http://127.0.0.1:4200/api"
        )
    return url


def _basic_auth(auth: SecretStr | None) -> httpx.BasicAuth | None:
    if auth is None:
        return None
    user, _, password = auth.get_secret_value().partition(":")
    return httpx.BasicAuth(user, password)


def _words(err: httpx.HTTPError) -> str:
    if isinstance(err, httpx.TimeoutException):
        return "no answer in time"
    return str(err) or type(err).__name__


def _detail(answer: httpx.Response) -> str:
    try:
        body: JsonValue = answer.json()
    except ValueError:
        return answer.text[:200] or str(answer.status_code)
    if not isinstance(body, dict):
        return str(body)[:500]
    found = body.get("detail") or body.get("exception_detail") or body.get("exception_message")
    return str(found)[:1000]
