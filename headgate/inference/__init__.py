"""Batch inference: the truth of an asynchronous request, from its acceptance to its result."""
