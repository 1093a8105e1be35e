"""Save the pipeline as MLflow serves it."""

import shutil
import sys

import joblib
import mlflow.sklearn

model_file, folder = sys.argv[1:]
shutil.rmtree(folder, ignore_errors=True)
mlflow.sklearn.save_model(
    joblib.load(model_file),
    folder,
    pyfunc_predict_fn="predict_proba",
    pip_requirements=[],
    serialization_format="cloudpickle",
)
