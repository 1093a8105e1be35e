"""The endpoints, a file a subject."""
