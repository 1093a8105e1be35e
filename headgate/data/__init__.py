"""Rows: where they come from, how they are told apart, and which are held out."""
