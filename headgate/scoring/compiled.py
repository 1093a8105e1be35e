"""A version that answers by its compiled form, without scikit-learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headgate.compiled.form import CompiledForm
from headgate.documents.proof import Engine
from headgate.scoring.answers import Outputs, ScoringError
from headgate.scoring.rows import RowScorer


@dataclass(frozen=True)
class CompiledScorer(RowScorer):
    """A version ready to answer; whether its form may be trusted is in the manifest's proof."""

    form: CompiledForm

    @property
    def engine(self) -> Engine:
        return self.form.engine

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        try:
            return self.form.outputs(values, n_rows)
        except ScoringError:
            raise
        # A row may take a form where nobody has been; the caller is told, the process goes on.
        except Exception as err:
            raise ScoringError(
                f"The compiled form of version {self.version} of {self.model!r} failed on {n_rows} "
                f"rows with {type(err).__name__}. Nothing was answered for them."
            ) from err
