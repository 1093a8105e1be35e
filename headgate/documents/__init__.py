"""What is stored, as frozen contracts with a schema version."""
