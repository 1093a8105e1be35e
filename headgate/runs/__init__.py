"""The record of a piece of work, what is true about it, and how it is followed."""
