from tests.fixtures_prefect import prefect_api, prefect_home

__all__ = ["prefect_api", "prefect_home"]
