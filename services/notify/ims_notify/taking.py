"""Take what a back office says of a run, from whichever side it comes: whole, once, or not at all."""

from typing import Any, NamedTuple

from ims_kit import Work
from ims_notify.domain.answering import Unreadable, Verdict, read_any
from ims_notify.doors import Unwelcome
from ims_notify.pack import FileSetup
from ims_notify.store import answers, run_reports
from ims_notify.store.answers import Said

SEQUENCES_SHOWN = 20


class Answered(NamedTuple):
    """A run, and what was said of its lines."""

    number: int
    verdicts: list[Verdict]


def read_answer(setup: FileSetup, content: bytes, number: int | None = None) -> Answered:
    """The answer, as the destination's layout describes it; where no run is asked about, of the run that it names. Raises Unwelcome."""
    if setup.answers is None:
        raise Unwelcome(409, "This destination has no layout of answers", "Name one under `answers` in the council pack.")
    try:
        return Answered(*read_any(setup.answers, content, number))
    except Unreadable as unreadable:
        raise Unwelcome(422, "The answer cannot be read; nothing of it was taken", *unreadable.faults) from None


async def take(setup: FileSetup, said: Answered, is_test: bool, work: Work) -> dict[str, Any]:
    """Keep it, and tell what is new in it; of a test run it is only tried. Raises Unwelcome where it is of lines that were not sent, or
    says another thing than before."""
    number, verdicts = said
    if is_test:
        found = there(await run_reports.run(work.connection, setup.destination, number, is_test))
        check_sequences(verdicts, found["line_count"], number)
        rejected_count = sum(not each.is_accepted for each in verdicts)
        return {"is_new": False, "is_test": True, "accepted_count": len(verdicts) - rejected_count, "rejected_count": rejected_count}
    return await keep(setup, said, work)


async def keep(setup: FileSetup, answered: Answered, work: Work) -> dict[str, Any]:
    to, number, verdicts = setup.destination, *answered
    said = Said(number, verdicts, setup.answers is not None and setup.answers.unmentioned == "accepted")
    run = there(await answers.hold(to, number, work))
    check_sequences(verdicts, run.line_count, number)
    if against := await answers.contradicted(to, said, work):
        raise Unwelcome(409, "The answer says another thing than one before; nothing of it was taken", lines_called(against))
    count = await answers.keep(to, run, said, work)
    return {"is_new": count > 0, "is_test": False} | await run_reports.answered(work.connection, to, number)


def check_sequences(verdicts: list[Verdict], line_count: int, number: int) -> None:
    if unknown := sorted(each.sequence for each in verdicts if not 0 < each.sequence <= line_count):
        raise Unwelcome(422, "The answer is of lines that were not sent; nothing of it was taken", f"run {number}: {lines_called(unknown)}")


def lines_called(sequences: list[int]) -> str:
    more = len(sequences) - SEQUENCES_SHOWN
    return f"lines {', '.join(map(str, sequences[:SEQUENCES_SHOWN]))}" + (f" and {more} more" if more > 0 else "")


def there[Found](found: Found | None) -> Found:
    """Raises Unwelcome where there is no such run."""
    if found is None:
        raise Unwelcome(404, "There is no such run of this destination", "Look for its number in the list of runs.")
    return found
