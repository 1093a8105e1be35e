"""What a proven version answers with: plain arrays and a list of steps, without scikit-learn.

Light on purpose (numpy; onnxruntime and Pillow where a form needs them), and reading a form never
runs code: it is JSON, arrays and, for some, an ONNX graph. `headgate.compiling` builds forms.
"""

from headgate.compiled.form import CompiledForm
from headgate.compiled.reading import read_form

__all__ = ["CompiledForm", "read_form"]
