"""A bar appears when there is somebody to see it and something to wait for, and leaves nothing behind."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from ataraxy.cli.progress import progress_bar

LONG_S = 3600.0


class Screen(io.StringIO):
    """Says when something has been drawn that holds a word."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        if self.word in self.getvalue():
            self.drawn.set()
        return count


def terminal(screen: io.StringIO) -> Console:
    return Console(file=screen, force_terminal=True, width=80)


def test_a_long_wait_shows_a_bar_before_anything_is_reported() -> None:
    screen = Screen("people")
    with progress_bar("people", console=terminal(screen), patience_s=0.0):
        assert screen.drawn.wait(30.0)


def test_the_bar_shows_the_share_that_is_done() -> None:
    screen = Screen("25%")
    with progress_bar("people", console=terminal(screen), patience_s=0.0) as update:
        update(250, 1000)
        assert screen.drawn.wait(30.0)


def test_a_short_wait_shows_nothing() -> None:
    screen = Screen("people")
    with progress_bar("people", console=terminal(screen), patience_s=LONG_S) as update:
        update(1000, 1000)
    assert screen.getvalue().strip() == ""


def test_what_is_no_terminal_gets_nothing() -> None:
    screen = Screen("people")
    before = threading.active_count()
    console = Console(file=screen, force_terminal=False)
    with progress_bar("people", console=console, patience_s=0.0) as update:
        assert threading.active_count() == before
        update(500, 1000)
    assert screen.getvalue().strip() == ""


@pytest.mark.parametrize("patience_s", [0.0, LONG_S])
def test_an_error_ends_the_bar_and_its_threads(patience_s: float) -> None:
    before = set(threading.enumerate())
    screen = Screen("people")

    def interrupted() -> None:
        with progress_bar("people", console=terminal(screen), patience_s=patience_s):
            if patience_s == 0.0:
                assert screen.drawn.wait(30.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for thread in set(threading.enumerate()) - before:
        thread.join(30.0)
    assert set(threading.enumerate()) <= before


def test_standard_output_stays_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen("people")
    with progress_bar("people", console=terminal(screen), patience_s=0.0):
        assert screen.drawn.wait(30.0)
        print('{"json": true}')
    assert capsys.readouterr().out == '{"json": true}\n'
    assert "json" not in screen.getvalue()
