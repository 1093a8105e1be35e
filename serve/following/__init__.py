"""Follows the ledger: what is wanted, fetched, loaded, kept, and put in place."""
