"""Texts that tokenisers of different makers cut differently."""

from collections.abc import Sequence

from numpy.random import Generator

MAX_WORDS = 60
N_MIXED = 2000
N_VOCABULARY = 5000
# Apostrophes, hyphens, digits, blanks of every kind, letters whose lower case is longer or depends
# on their place, letters outside ASCII and the basic plane, marks that combine, no letters at all.
ODD = (
    *("", " ", "\t\n", ".", "'", "''", "-", "_", "a", "I", "a b", "42", "3.14", "1st", "x" * 300),
    *("don't", "rock'n'roll", "O'Brien's", "it\u2019s", "well-known", "e-mail", "snake_case"),
    *("C++", "#1", "na\u00efve caf\u00e9", "nai\u0308ve cafe\u0301", "STRASSE"),
    *("\u00dcBER Stra\u00dfe", "\u0130stanbul", "\ufb01ne", "\u017fafe", "\u01c5"),
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
    *("Привет мир", "你好 世界", "こんにちは", "مرحبا", "שלום", "हिन्दी", "ไทย", "한국어"),
    *("\U0001f600 good", "\U0001f469\u200d\U0001f469\u200d\U0001f467 fine", "a\u200bb", "a\u00a0b"),
    *("a\u2028b", "soft\u00adhyphen", "\ufeffbom", "\u0661\u0662\u0663", "\u00bd \u00b2", "\u2167"),
    *("a\x00b", "a\rb", "<b>bold</b>", "&amp;", "http://a.b/c?d=e", "a@b.c"),
)
JOINTS = (" ", " ", " ", "  ", ", ", ". ", "'", "-", "\n", "\u00a0", "_", "...", "é", "ß")


def texts(seen: Sequence[str], max_length: int, rng: Generator) -> list[str]:
    """Return odd texts, and mixtures of the words of real ones."""
    words = vocabulary(seen, rng)
    mixed = [_mixture(words, rng) for _ in range(N_MIXED)] if words else []
    long = [" ".join(words[:200] or ["word"]) * 20, (words or ["word"])[0] * 500]
    repeated = [f"{word} " * 50 for word in words[:20]]
    every = [*ODD, *long, *repeated, *mixed]
    return [text[:max_length] for text in every]


def excerpt(text: str, rng: Generator) -> str:
    """Return some words of a text in a row; short ones whole."""
    words = text.split(" ")
    if len(words) <= MAX_WORDS:
        return text
    start = int(rng.integers(len(words) - MAX_WORDS))
    return " ".join(words[start : start + MAX_WORDS])


def vocabulary(seen: Sequence[str], rng: Generator) -> list[str]:
    """Return words of real texts, in an order the generator draws."""
    found: dict[str, None] = {}
    for text in seen:
        found.update(dict.fromkeys(text.split()[: 10 * MAX_WORDS]))
        if len(found) > N_VOCABULARY:
            break
    words = list(found)
    return [words[i] for i in rng.permutation(len(words))[:N_VOCABULARY].tolist()]


def _mixture(words: Sequence[str], rng: Generator) -> str:
    n_words = int(rng.integers(1, 30))
    chosen = [words[i] for i in rng.integers(len(words), size=n_words).tolist()]
    cases = (str, str, str.upper, str.title, str.swapcase)
    drawn = rng.integers(len(cases), size=n_words).tolist()
    joints = rng.integers(len(JOINTS), size=n_words).tolist()
    odd = ODD[int(rng.integers(len(ODD)))] if rng.random() < 0.3 else ""
    cut = zip(chosen, drawn, joints, strict=True)
    return "".join(f"{cases[case](word)}{JOINTS[joint]}" for word, case, joint in cut) + odd
