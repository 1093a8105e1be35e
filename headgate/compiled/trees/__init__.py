"""Decision trees as arrays: what they are, and the ways to find a row's leaves."""
