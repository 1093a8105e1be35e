"""The pipeline behind Ray Serve: two replicas, with or without its batching."""

import os

import joblib
import pandas as pd
from ray import serve
from starlette.requests import Request

BATCHED = os.environ.get("BATCHED") == "1"


@serve.deployment(num_replicas=2, max_ongoing_requests=128, ray_actor_options={"num_cpus": 0.5})
class Peer:
    """One model."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL_FILE"])

    async def __call__(self, request: Request) -> dict:
        rows = await request.json()
        return await self.gathered(rows) if BATCHED else self.answer([rows])[0]

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
    async def gathered(self, requests: list) -> list:
        return self.answer(requests)

    def answer(self, requests: list) -> list:
        frame = pd.DataFrame([row for request in requests for row in request])
        probabilities = self.model.predict_proba(frame)
        labels = self.model.classes_[probabilities.argmax(axis=1)].tolist()
        answers, start = [], 0
        for request in requests:
            stop = start + len(request)
            answers.append(
                {
                    "predictions": labels[start:stop],
                    "probabilities": probabilities[start:stop].tolist(),
                }
            )
            start = stop
        return answers


app = Peer.bind()
