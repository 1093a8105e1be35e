"""Prefect tasks: they open things, call headgate and save. Retries and caches live here only."""
