"""Rows to fit small estimators on."""

import numpy as np

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(120, 3))
Y = (X[:, 0] > X[:, 1]).astype(int)
