"""The collector is slowed down while the server runs, and as before afterwards."""

import gc

from serve.garbage import THRESHOLDS, settled_garbage


def test_what_exists_at_the_start_is_left_alone_until_the_end() -> None:
    before = gc.get_threshold()

    with settled_garbage():
        inside = gc.get_threshold(), gc.get_freeze_count()

    assert inside[0] == THRESHOLDS
    assert inside[1] > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
