"""The files of a version: verified, and loaded only if allowed."""
