"""Rows made from a contract to catch a compiled form that errs; equal seeds give equal rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from headgate.contract import Contract, ImageColumn, TextColumn
from headgate.proving.texts import excerpt
from headgate.proving.values import Palette, palette_of

N_ROWS = 20_000
# Reading a picture takes as long as scoring hundreds of numbers.
N_IMAGE_ROWS = 2_000
# Rows that many models fail on are few: each of them is then asked for alone.
N_OF_KIND = {"threshold": 6000, "huge": 64, "tiny": 600, "range": 1500, "missing": 1500}
N_OF_OTHER_KIND = 1000
MAX_SHARE = 0.7
N_DUPLICATES = 200

Values = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as a caller would send them, by column, and what kind each is of."""

    values: dict[str, list[object]]
    kinds: list[str]

    @property
    def n_rows(self) -> int:
        return len(self.kinds)


def needed_rows(contract: Contract) -> int:
    """Return how many generated rows a proof has to compare."""
    return N_IMAGE_ROWS if has_images(contract) else N_ROWS


def has_images(contract: Contract) -> bool:
    """Tell whether a column is of pictures."""
    return any(isinstance(column, ImageColumn) for column in contract.columns)


def generate_rows(
    contract: Contract,
    seen: Values,
    thresholds: NDArray[np.float64],
    seed: int,
    n_rows: int,
) -> Rows:
    """Return about ``n_rows`` rows; the contract may refuse some of them.

    ``seen`` are rows of the data, at least one, which the others are varied from; ``thresholds``
    the numbers the estimator splits at.
    """
    rng = np.random.default_rng(seed)
    palettes = {c.name: palette_of(c, seen[c.name], thresholds, rng) for c in contract.columns}
    counts = _counts(palettes, n_rows)
    n_special = sum(counts.values())
    n_mixed = max(n_rows - n_special - N_DUPLICATES, N_DUPLICATES)
    values = _mixed(contract, seen, n_mixed + n_special, rng)
    kinds = ["resampled"] * n_mixed
    for kind, count in counts.items():
        of_kind = {name: p[kind] for name, p in palettes.items() if p.get(kind)}
        _spoil(values, of_kind, len(kinds), count, rng)
        kinds += [kind] * count
    again = rng.integers(len(kinds), size=N_DUPLICATES).tolist()
    for column in values.values():
        column.extend([column[i] for i in again])
    return Rows(values, [*kinds, *["duplicate"] * N_DUPLICATES])


def _counts(palettes: Mapping[str, Palette], n_rows: int) -> dict[str, int]:
    """Return how many rows each kind gets: enough for every value, but for the many thresholds."""
    sizes: dict[str, int] = {}
    for palette in palettes.values():
        for kind, values in palette.items():
            sizes[kind] = max(sizes.get(kind, 0), len(values))
    wanted = {
        # Half of a kind's rows have it in one column only, in turns.
        kind: max(N_OF_KIND.get(kind, N_OF_OTHER_KIND), 0 if kind == "threshold" else 4 * size)
        for kind, size in sizes.items()
        if size
    }
    shrunk = min(1.0, MAX_SHARE * n_rows / max(sum(wanted.values()), 1))
    return {kind: max(int(count * shrunk), 1) for kind, count in wanted.items()}


def _mixed(
    contract: Contract, seen: Values, n_rows: int, rng: Generator
) -> dict[str, list[object]]:
    """Return seen rows, and in the second half rows mixed from several."""
    n_seen = len(next(iter(seen.values())))
    whole = rng.integers(n_seen, size=n_rows)
    mixed = np.arange(n_rows) >= n_rows // 2
    values: dict[str, list[object]] = {}
    for column in contract.columns:
        at = np.where(mixed, rng.integers(n_seen, size=n_rows), whole)
        given = seen[column.name]
        values[column.name] = [given[i] for i in at.tolist()]
        if isinstance(column, TextColumn):
            values[column.name] = [_cut(value, rng) for value in values[column.name]]
    return values


def _cut(value: object, rng: Generator) -> object:
    return excerpt(value, rng) if isinstance(value, str) else value


def _spoil(
    values: dict[str, list[object]],
    palettes: Mapping[str, list[object]],
    start: int,
    count: int,
    rng: Generator,
) -> None:
    """Put values of one kind into rows: into one column, into all of them, or into some."""
    names = list(palettes)
    orders = {name: rng.permutation(len(palettes[name])).tolist() for name in names}
    used = dict.fromkeys(names, 0)
    for number in range(count):
        if number % 2 == 0:
            chosen = [names[number // 2 % len(names)]]
        elif number % 4 == 1:
            chosen = names
        else:
            chosen = [name for name in names if rng.random() < 0.5]
        for name in chosen:
            order = orders[name]
            values[name][start + number] = palettes[name][order[used[name] % len(order)]]
            used[name] += 1
