"""Telling the servers of this machine that a ledger grew."""

from pathlib import Path

from headgate.ledger.notice import Notice


def test_a_notice_is_seen_as_a_later_time(tmp_path: Path) -> None:
    notice = Notice(tmp_path / "notice")
    before = notice.last()

    notice.give()

    assert before == 0
    assert notice.last() > 0


def test_where_no_server_has_a_cache_nothing_is_made(tmp_path: Path) -> None:
    notice = Notice(tmp_path / "away" / "notice")

    notice.give()

    assert notice.last() == 0
    assert list(tmp_path.iterdir()) == []
