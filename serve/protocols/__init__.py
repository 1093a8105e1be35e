"""Protocols of other servers, answered from the same models by the same scoring."""
