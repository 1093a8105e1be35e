"""From scored rows to a response's tensors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from headgate.errors import FieldError, InvalidInputError
from headgate.scoring.answers import Scored, label_of
from serve.live import LiveModel
from serve.protocols.v2_datatypes import to_bytes
from serve.protocols.v2_inputs import SIZE
from serve.protocols.v2_shapes import (
    Datatype,
    Parameters,
    RequestOutput,
    ResponseOutput,
    TensorMetadata,
)

Elements = list[object]


@dataclass(frozen=True, slots=True)
class Output:
    """One tensor a version can answer; ``width`` is None for one element a row."""

    name: str
    datatype: Datatype
    elements: Callable[[LiveModel, Scored], Elements]
    width: int | None = None

    def metadata(self) -> TensorMetadata:
        shape = [-1] if self.width is None else [-1, self.width]
        return TensorMetadata(name=self.name, datatype=self.datatype, shape=shape)


def outputs_of(live: LiveModel, scored: Scored) -> dict[str, Output]:
    """Return what a version can answer, by name; ``scored`` shows whether it has probabilities.

    ``predict`` has the target's own type; a version that may abstain answers it as text, empty
    where it abstained. ``flags`` are joined by ``;``.
    """
    found = [Output("predict", _predict_datatype(live), _predictions)]
    if live.scorer.classes is not None:
        found.append(Output("label", "BYTES", _labels))
        if scored.probabilities is not None:
            n_classes = len(live.scorer.classes)
            found.append(Output("probabilities", "FP64", _probabilities, n_classes))
    found += [Output("flags", "BYTES", _flags), Output("prediction_id", "BYTES", _ids)]
    return {output.name: output for output in found}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One output to answer, as JSON or as bytes."""

    output: Output
    binary: bool


def choose_outputs(
    known: Mapping[str, Output], asked: Sequence[RequestOutput] | None, parameters: Parameters
) -> list[Wanted]:
    """Return the outputs to answer: those asked for, or all.

    Raises:
        InvalidInputError: naming every output there is none of, or that is asked for twice.
    """
    every = parameters.get("binary_data_output") is True
    if asked is None:
        return [Wanted(output, every) for output in known.values()]
    names = [output.name for output in asked]
    fields = [
        FieldError(name[:80], "is no output of this model, or is asked for twice")
        for i, name in enumerate(names)
        if name not in known or name in names[:i]
    ]
    if fields:
        sentence = f"The outputs cannot be answered; there are: {', '.join(known)}."
        raise InvalidInputError(sentence, fields)
    return [Wanted(known[o.name], o.parameters.get("binary_data", every) is True) for o in asked]


def write_outputs(
    live: LiveModel, scored: Scored, wanted: Sequence[Wanted]
) -> tuple[list[ResponseOutput], bytes]:
    """Return the tensors, and the bytes that follow the JSON for the binary ones."""
    tensors, chunks = [], []
    for one in wanted:
        output, elements = one.output, one.output.elements(live, scored)
        shape = [scored.n_rows] if output.width is None else [scored.n_rows, output.width]
        tensor = ResponseOutput(name=output.name, shape=shape, datatype=output.datatype)
        if one.binary:
            chunks.append(to_bytes(output.datatype, elements))
            filled: Mapping[str, object] = {"parameters": {SIZE: len(chunks[-1])}}
        else:
            filled = {"data": elements}
        tensors.append(tensor.model_copy(update=filled))
    return tensors, b"".join(chunks)


def _predict_datatype(live: LiveModel) -> Datatype:
    classes = live.scorer.classes
    if classes is None:
        return "FP64"
    if live.scorer.rules.abstain:
        return "BYTES"
    kinds = {type(value) for value in classes}
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64"
    return "FP64" if kinds <= {int, float} else "BYTES"


def _predictions(live: LiveModel, scored: Scored) -> Elements:
    if live.scorer.classes is None or _predict_datatype(live) != "BYTES":
        return list(scored.predictions)
    return _labels(live, scored)


def _labels(_: LiveModel, scored: Scored) -> Elements:
    return ["" if given is None else label_of(given) for given in scored.predictions]


def _probabilities(_: LiveModel, scored: Scored) -> Elements:
    return [] if scored.probabilities is None else list(scored.probabilities.ravel().tolist())


def _flags(_: LiveModel, scored: Scored) -> Elements:
    return [";".join(scored.flags.get(position, ())) for position in scored.accepted]


def _ids(live: LiveModel, scored: Scored) -> Elements:
    return [live.new_prediction_id() for _ in scored.accepted]
