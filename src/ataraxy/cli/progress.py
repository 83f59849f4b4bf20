"""A progress bar for what takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PATIENCE_S = 2.0


@contextmanager
def progress_bar(
    what: str, *, console: Console | None = None, patience_s: float = PATIENCE_S
) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with done and total; shows a bar on a terminal once two seconds have passed.

    The bar comes even where nothing has been reported yet: a first piece may take long.

    Args:
        what: is counted, such as people.
        console: where the bar is drawn; None for standard error. Nothing is drawn where that is not a terminal.
        patience_s: seconds without a bar.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    place = console or Console(file=sys.stderr)
    bar = Progress(
        TextColumn(what), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn(), console=place,
        transient=True, redirect_stdout=False,
    )  # fmt: skip
    task = bar.add_task(what, total=None)
    lock = threading.Lock()
    over = False

    def show() -> None:
        with lock:
            if not over:
                bar.start()

    timer = threading.Timer(patience_s, show)
    timer.daemon = True
    if place.is_terminal:
        timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        with lock:
            over = True
            bar.stop()
