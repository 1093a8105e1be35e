"""The PostgreSQL for tests is one that Prefect's driver can use."""

import asyncio

import asyncpg
import pytest

from tests.services.postgres import Postgres

pytestmark = pytest.mark.services


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def test_a_fresh_database_is_empty_and_answers(postgres_url: str) -> None:
    tables = "select count(*) from information_schema.tables where table_schema = 'public'"

    assert asyncio.run(ask(postgres_url, tables)) == 0


def test_every_database_is_its_own(postgres: Postgres) -> None:
    first, second = (postgres.create_database(name) for name in ("first", "second"))

    asyncio.run(ask(first, "create table mine (id int)"))

    assert asyncio.run(ask(second, "select to_regclass('mine') is null"))
