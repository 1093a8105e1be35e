"""Writes a model file from a data file."""
