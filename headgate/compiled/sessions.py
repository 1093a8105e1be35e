"""Sessions of onnxruntime, where it is installed: one thread each, nothing read from disk."""

from typing import Any, Protocol

from headgate.errors import HeadgateError, IntegrityError


class Session(Protocol):
    """What is used of an `onnxruntime.InferenceSession`; threads may share one."""

    def run(self, output_names: list[str] | None, feed: dict[str, Any]) -> list[Any]: ...


class NoRuntimeError(HeadgateError):
    """The form needs onnxruntime, which is not installed here."""


def open_session(graph: bytes) -> Session:
    """Return a session over a graph.

    Raises:
        NoRuntimeError: if onnxruntime is not installed.
        IntegrityError: if it cannot read the graph.
    """
    # Only forms with a graph load it: it costs a serving process some 30 MB.
    try:
        import onnxruntime
    except ImportError as err:
        raise NoRuntimeError(
            "This compiled form needs onnxruntime, which is not installed. Install it, or let "
            "scikit-learn answer."
        ) from err
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # What it kept for the largest batch, it would keep for good.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        session: Session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
    # Its errors share no base class but this.
    except Exception as err:
        raise IntegrityError(
            f"onnxruntime cannot read the graph of the compiled form ({type(err).__name__}). It "
            "was damaged, or made for a newer onnxruntime."
        ) from err
    return session
