"""Start Ray Serve in this terminal."""

import os
import time

import ray
from app import app
from ray import serve

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["BENCH_PORT"])})
serve.run(app)
while True:
    time.sleep(3600)
