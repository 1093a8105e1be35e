"""Lets pages of named origins call this service; without any, browsers let no page of others."""

from starlette.middleware.cors import CORSMiddleware

from serve.front import Service

METHODS = ("GET", "POST", "DELETE")
SENT = (
    "Accept",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "X-API-Key",
    "X-Request-ID",
    "X-Routing-Key",
)
SHOWN = ("Location", "Retry-After", "X-Request-ID")


def add_cors(app: Service, origins: tuple[str, ...]) -> None:
    """Answer the questions browsers ask beforehand; keys are sent by pages, never by cookies."""
    if origins:
        app.put_in_front(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=600,
        )
