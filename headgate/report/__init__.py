"""The report of a version: one page that opens anywhere and asks nothing of the network."""
