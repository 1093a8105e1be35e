"""How each kind of scikit-learn estimator becomes steps of a plan, by its exact class."""
