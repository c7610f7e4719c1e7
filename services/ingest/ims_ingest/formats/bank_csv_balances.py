"""What a running balance proves: each balance is the one before it and the amount between, oldest first or newest first."""

from datetime import date

from ims_ingest.formats.bank_csv_rows import Posting


class Run:
    """What the balances say of one end of the account, were the file in one direction of time: all must say the same."""

    def __init__(self) -> None:
        self.first_pence: int | None = None
        self.last_pence: int | None = None
        self.is_unbroken = True

    def say(self, amount_pence: int) -> None:
        if self.first_pence is None:
            self.first_pence = amount_pence
        elif amount_pence != self.last_pence:
            self.is_unbroken = False
        self.last_pence = amount_pence


class Account:
    """One account in a file: its days, its balances, and whether they prove its entries."""

    def __init__(self, top_on: date) -> None:
        self.first_on = self.last_on = self.top_on = self.bottom_on = top_on
        self.opening, self.closing = Run(), Run()
        """The opening by each balance, if the oldest entry is at the top; the closing, if the newest is."""
        self.passed_pence = 0
        self.is_sound = True

    def add(self, found: Posting) -> None:
        """Oldest first, a balance less all entries down to it is the opening; newest first, with all above it, the closing."""
        if found.is_booked:
            above_pence, amount_pence = self.passed_pence, found.amount_pence or 0
            self.passed_pence = above_pence + amount_pence
            if found.balance_pence is not None:
                self.opening.say(found.balance_pence - self.passed_pence)
                self.closing.say(found.balance_pence + above_pence)
        if found.day is not self.bottom_on:
            self.bottom_on = found.day
            self.first_on, self.last_on = min(self.first_on, found.day), max(self.last_on, found.day)

    def is_newest_first(self) -> bool:
        """As the balances hold in one direction only; else by the days."""
        if self.opening.is_unbroken != self.closing.is_unbroken:
            return self.closing.is_unbroken
        return self.top_on > self.bottom_on

    def balances(self) -> tuple[int | None, int | None, bool | None]:
        """Opening and closing, and whether they prove the entries; nothing where no row has a balance."""
        if self.opening.last_pence is None or self.closing.last_pence is None:
            return None, None, None
        if self.is_newest_first():
            return self.closing.last_pence - self.passed_pence, self.closing.first_pence, self.closing.is_unbroken and self.is_sound
        return self.opening.first_pence, self.opening.last_pence + self.passed_pence, self.opening.is_unbroken and self.is_sound
