"""Two transactions at the same moment, one of which has to wait for the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from tests.support.waiting import wait_until


def one_after_the_other(
    scope: Scope, first: Callable[[Work], object], second: Callable[[Work], object]
) -> None:
    """Do the second while the first isn't committed yet, so that it waits for it. Raises what the second raises."""

    def late() -> None:
        with work(scope) as w:
            second(w)

    with ThreadPoolExecutor(1) as pool:
        with work(scope) as w:
            first(w)
            waiting = pool.submit(late)
            wait_until(lambda: w.row("SELECT 1 FROM pg_locks WHERE NOT granted"), "the second one to wait")
        waiting.result()
