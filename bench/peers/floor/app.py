"""The floor: what one uvicorn worker costs when nothing is decoded, checked, scored or logged."""

import os

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

CONSTANT = b'{"prediction":"setosa","confidence":0.97}'
HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(CONSTANT)).encode()),
    ],
}
BODY = {"type": "http.response.body", "body": CONSTANT}


async def echo(scope, receive, send):
    """Read the body and answer a constant."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send(HEAD)
    await send(BODY)


class Row(BaseModel):
    """Any columns."""

    model_config = ConfigDict(extra="allow")


def constant() -> FastAPI:
    """Return a FastAPI application that checks nothing and answers a constant."""
    application = FastAPI()

    @application.post("/predict")
    def predict(row: Row | list[Row]) -> dict[str, str | float]:
        return {"prediction": "setosa", "confidence": 0.97}

    return application


app = constant() if os.environ.get("FLOOR") == "fastapi" else echo
