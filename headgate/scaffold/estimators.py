"""The estimator a new model file begins with, chosen by the kinds of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headgate.contract.columns import Column
from headgate.documents.rules import Task
from headgate.scaffold.literals import LINE, listing, literal

FEW_WORDS = 2


@dataclass(slots=True)
class EstimatorCode:
    """Lines of Python: constants, the function, and the names both import."""

    constants: list[str] = field(default_factory=list)
    function: list[str] = field(default_factory=list)
    imports: dict[str, set[str]] = field(default_factory=dict)

    def use(self, module: str, *names: str) -> None:
        self.imports.setdefault(module, set()).update(names)


@dataclass(frozen=True, slots=True)
class Learner:
    """What follows the columns: its class, its one parameter and how it is called."""

    module: str
    name: str
    parameter: str
    default: float
    arguments: tuple[str, ...]
    about: str


def estimator_code(
    columns: Sequence[Column], words_per_text: Mapping[str, float], task: Task, n_rows: int
) -> EstimatorCode:
    """Return boosted trees for numbers and categories, a linear model where there is text."""
    code = EstimatorCode()
    kinds = _kinds(columns)
    steps = _wide_steps(code, kinds, words_per_text, n_rows)
    learner = _linear(task, mixed=len(steps) > 1) if steps else _trees(task)
    code.use(learner.module, learner.name)
    if not steps:
        steps = _narrow_steps(code, kinds)
    for constant in ("categories", "numbers"):
        if kinds[constant] and steps:
            code.constants += listing(f"{constant.upper()} = ", kinds[constant])
    code.function = _function(code, steps, learner)
    return code


def _kinds(columns: Sequence[Column]) -> dict[str, list[str]]:
    kind_of = {"number": "numbers", "integer": "numbers", "text": "texts", "image": "images"}
    kinds: dict[str, list[str]] = {"numbers": [], "categories": [], "texts": [], "images": []}
    for column in columns:
        kinds[kind_of.get(column.type, "categories")].append(column.name)
    return kinds


def _trees(task: Task) -> Learner:
    return Learner(
        module="sklearn.ensemble",
        name=f"HistGradientBoosting{'Classifier' if task == 'classification' else 'Regressor'}",
        parameter="learning_rate",
        default=0.1,
        arguments=("learning_rate=learning_rate", "max_iter=200", "random_state=seed"),
        about="boosted trees",
    )


def _linear(task: Task, *, mixed: bool) -> Learner:
    if task == "regression":
        return Learner(
            module="sklearn.linear_model",
            name="Ridge",
            parameter="alpha",
            default=1.0,
            arguments=("alpha=alpha", "random_state=seed"),
            about="a ridge regression",
        )
    return Learner(
        module="sklearn.linear_model",
        name="LogisticRegression",
        parameter="C",
        # Scaled numbers beside the words want a stronger hand.
        default=1.0 if mixed else 10.0,
        arguments=("C=C", "max_iter=1000", "random_state=seed"),
        about="a logistic regression",
    )


def _narrow_steps(code: EstimatorCode, kinds: dict[str, list[str]]) -> list[list[str]]:
    """Return the steps before trees: they take numbers as they are, gaps included."""
    if not kinds["categories"]:
        return []
    code.use("sklearn.preprocessing", "OrdinalEncoder")
    encoder = [
        "(",
        '    "categories",',
        "    OrdinalEncoder(",
        '        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1',
        "    ),",
        "    CATEGORIES,",
        "),",
    ]
    return [encoder, *([['("numbers", "passthrough", NUMBERS),']] if kinds["numbers"] else [])]


def _wide_steps(
    code: EstimatorCode, kinds: dict[str, list[str]], words_per_text: Mapping[str, float], n: int
) -> list[list[str]]:
    """Return the steps before a linear model, none if neither text nor images call for it."""
    steps = [
        _words(code, i, name, words_per_text[name], n) for i, name in enumerate(kinds["texts"])
    ]
    for i, name in enumerate(kinds["images"]):
        code.use("headgate.transforms", "PngPixels")
        steps.append([f'("pixels_{i}", PngPixels(width=16, height=16), [{literal(name)}]),'])
    if not steps:
        return []
    if kinds["categories"]:
        code.use("sklearn.preprocessing", "OneHotEncoder")
        steps.append(['("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES),'])
    if kinds["numbers"]:
        code.use("sklearn.preprocessing", "StandardScaler")
        code.use("sklearn.impute", "SimpleImputer")
        code.use("sklearn.pipeline", "Pipeline")
        scaled = 'Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])'
        steps.append(["(", '    "numbers",', f"    {scaled},", "    NUMBERS,", "),"])
    return steps


def _words(code: EstimatorCode, i: int, name: str, mean_words: float, n_rows: int) -> list[str]:
    code.use("sklearn.feature_extraction.text", "TfidfVectorizer")
    least = 1 if n_rows < 200 else 2 if n_rows < 1000 else 3
    # Codes and single words share letters rather than words.
    grams = (
        'analyzer="char_wb", ngram_range=(2, 4)' if mean_words < FEW_WORDS else "ngram_range=(1, 2)"
    )
    vectorizer = f"TfidfVectorizer({grams}, min_df={least}, sublinear_tf=True)"
    return ["(", f'    "words_{i}",', f"    {vectorizer},", f"    {literal(name)},", "),"]


def _function(code: EstimatorCode, steps: list[list[str]], learner: Learner) -> list[str]:
    returned = "Pipeline" if steps else learner.name
    signature = f"seed: int, {learner.parameter}: float = {learner.default}"
    lines = [f"def estimator({signature}) -> {returned}:"]
    if not steps:
        return [*lines, f'    """Return {learner.about}."""', *_call("return ", learner)]
    code.use("sklearn.compose", "ColumnTransformer")
    code.use("sklearn.pipeline", "Pipeline")
    inner = [f"            {line}" for step in steps for line in step]
    return [
        *lines,
        f'    """Return the columns made numbers, and {learner.about}."""',
        "    columns = ColumnTransformer(",
        "        [",
        *inner,
        "        ]",
        "    )",
        *_call("learner = ", learner),
        '    return Pipeline([("columns", columns), ("learner", learner)])',
    ]


def _call(head: str, learner: Learner) -> list[str]:
    arguments = ", ".join(learner.arguments)
    one_line = f"    {head}{learner.name}({arguments})"
    if len(one_line) <= LINE:
        return [one_line]
    return [f"    {head}{learner.name}(", f"        {arguments}", "    )"]
