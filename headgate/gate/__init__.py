"""The gate: measure a challenger and the champion on the same rows, then judge."""
