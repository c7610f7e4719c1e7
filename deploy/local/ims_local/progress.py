"""What a person sees while something takes its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

type Advance = Callable[[int], None]


class Steps:
    """Steps that may run side by side, each with its bar; where no person looks, one line when each is done."""

    def __init__(self, console: Console | None = None) -> None:
        """Without a console, nothing is shown."""
        self._console = console
        columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
        self._bars = Progress(*columns, TimeElapsedColumn(), console=console) if console and console.is_terminal else None

    @contextmanager
    def shown(self) -> Iterator["Steps"]:
        """Show the steps until the block ends."""
        if self._bars is None:
            yield self
            return
        with self._bars:
            yield self

    @contextmanager
    def step(self, what: str, total: int = 1) -> Iterator[Advance]:
        """One step; call what it yields with how much more is done. It ends full."""
        if self._bars is None:
            yield lambda count: None
            if self._console:
                self._console.print(f"✓ {what}", highlight=False)
            return
        bars, task = self._bars, self._bars.add_task(what, total=total)
        yield lambda count: bars.advance(task, count)
        bars.update(task, completed=total)
