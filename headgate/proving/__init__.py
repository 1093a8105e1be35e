"""Whether a compiled form answers exactly as scikit-learn does, and whether it is faster."""
