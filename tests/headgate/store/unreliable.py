"""A proxy before an S3 service that loses, cuts, invents or alters what passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


class Fault(StrEnum):
    NONE = "none"
    LOSE_REQUEST = "the request never arrives"
    LOSE_REPLY = "the request is carried out, its reply is lost"
    CUT_REPLY = "the connection breaks in the middle of the reply"
    BAD_GATEWAY = "the request is carried out, the reply is 502"
    CONFLICT = "the service answers 409 ConditionalRequestConflict"
    PRECONDITION_FAILED = "the service answers 412 without a reason"
    ALTER_BODY = "a bit of the request's body is flipped on the way"
    FORGET_CONDITION = "the service does not know If-None-Match"


_INVENTED = {
    Fault.CONFLICT: (409, b"<Error><Code>ConditionalRequestConflict</Code></Error>"),
    Fault.PRECONDITION_FAILED: (412, b"<Error><Code>PreconditionFailed</Code></Error>"),
}


@dataclass(slots=True)
class Plan:
    """Which faults meet the next requests of a method, one each; `always` meets the rest."""

    endpoint: str = ""
    faults: list[Fault] = field(default_factory=list)
    method: str = "PUT"
    always: Fault = Fault.NONE
    n_requests: int = 0

    def next_fault(self, method: str) -> Fault:
        if method != self.method:
            return Fault.NONE
        self.n_requests += 1
        return self.faults.pop(0) if self.faults else self.always


@contextmanager
def unreliable(upstream: str) -> Iterator[Plan]:
    """Run the proxy before an endpoint; its own is in the plan, which may change any time."""
    plan = Plan()
    host = urlsplit(upstream).netloc

    class Handler(_Handler):
        pass

    Handler.plan, Handler.upstream = plan, host
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        plan.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield plan
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    plan: Plan
    upstream: str

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.plan.next_fault(self.command)
        self.close_connection = True
        if fault in _INVENTED:
            self.reply_invented(*_INVENTED[fault])
        elif fault is not Fault.LOSE_REQUEST:
            self.forward(body, fault)

    do_GET = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815  names fixed by http.server

    def forward(self, body: bytes, fault: Fault) -> None:
        dropped = {"expect"} | ({"if-none-match"} if fault is Fault.FORGET_CONDITION else set())
        headers = {name: text for name, text in self.headers.items() if name.lower() not in dropped}
        if fault is Fault.ALTER_BODY:
            body = bytes([body[0] ^ 1]) + body[1:]
        connection = HTTPConnection(self.upstream, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            self.reply(response, response.read(), fault)
        finally:
            connection.close()

    def reply(self, response: HTTPResponse, body: bytes, fault: Fault) -> None:
        if fault is Fault.LOSE_REPLY:
            return
        if fault is Fault.BAD_GATEWAY:
            self.reply_invented(502, b"<html>Bad Gateway</html>")
            return
        self.send_response(response.status)
        for name, text in response.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, text)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", response.headers["Content-Length"] or str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if not is_head:
            self.wfile.write(body[: len(body) // 2] if fault is Fault.CUT_REPLY else body)

    def reply_invented(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""
