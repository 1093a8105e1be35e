"""The pipeline behind LitServe: two workers, with or without its batching."""

import os
import sys

import joblib
import litserve
import pandas as pd

BATCHED = os.environ.get("BATCHED") == "1"


class Peer(litserve.LitAPI):
    """One model."""

    def setup(self, device):
        self.model = joblib.load(os.environ["MODEL_FILE"])

    def decode_request(self, request):
        return request["rows"]

    def predict(self, rows):
        requests = rows if BATCHED else [rows]
        frame = pd.DataFrame([row for request in requests for row in request])
        probabilities = self.model.predict_proba(frame)
        labels = self.model.classes_[probabilities.argmax(axis=1)].tolist()
        answers, start = [], 0
        for request in requests:
            stop = start + len(request)
            answers.append((labels[start:stop], probabilities[start:stop].tolist()))
            start = stop
        return answers if BATCHED else answers[0]

    def encode_response(self, answer):
        return {"predictions": answer[0], "probabilities": answer[1]}


if __name__ == "__main__":
    batching = {"max_batch_size": 32, "batch_timeout": 0.005} if BATCHED else {}
    server = litserve.LitServer(
        Peer(**batching), accelerator="cpu", workers_per_device=2, api_path="/predict"
    )
    server.run(
        port=int(sys.argv[1]), host="127.0.0.1", generate_client_file=False, log_level="warning"
    )
