"""The production loop for scikit-learn models: train, gate, promote, serve, infer, take back."""

__version__ = "0.1.0"
