"""Prefect flows, one per file: each reads like a paragraph and decides nothing itself."""
