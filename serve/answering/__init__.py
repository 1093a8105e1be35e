"""From clean rows to answers, however they came in."""
