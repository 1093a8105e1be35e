"""Bodies other than plain JSON, brought to the rows a contract takes."""
