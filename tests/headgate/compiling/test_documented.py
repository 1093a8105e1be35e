from pathlib import Path

from headgate.compiling.planning import RULES

PAGE = Path(__file__).parents[3] / "docs" / "compiled.md"


def test_the_page_names_every_estimator_that_plans_know() -> None:
    page = PAGE.read_text(encoding="utf-8")
    known = {*RULES.classifiers, *RULES.regressors, *RULES.transformers}

    missing = [kind.__name__ for kind in known if f"`{kind.__name__}`" not in page]

    assert sorted(missing) == []
    assert len(known) >= 45
