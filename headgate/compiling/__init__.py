"""Making compiled forms of fitted scikit-learn estimators."""

from headgate.compiling.compiling import Compiled, compile_forms

__all__ = ["Compiled", "compile_forms"]
