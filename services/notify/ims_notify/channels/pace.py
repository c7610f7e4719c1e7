"""How fast a receiver may be spoken to: so many at once, so many a second after that."""

import time


class Pace:
    """A bucket of turns. It begins empty but for one second's worth: who was here before us may have used up theirs."""

    def __init__(self, per_second: float, burst: int, waiting: int = 0) -> None:
        """So many may have taken a turn and wait for its moment: where the machine stands still they go late, beside a full bucket."""
        self.per_second, self.burst = per_second, max(1, burst - waiting)
        self.turns, self.at = min(per_second, float(burst)), time.monotonic()

    def take(self) -> float:
        """Take a turn; how many seconds to wait for it."""
        self.refill()
        self.turns -= 1
        return max(0.0, -self.turns / self.per_second)

    def empty(self) -> None:
        """It was too fast after all: somebody else has used the turns that we counted on."""
        self.refill()
        self.turns = min(self.turns, 0.0)

    def refill(self) -> None:
        now = time.monotonic()
        self.turns, self.at = min(float(self.burst), self.turns + (now - self.at) * self.per_second), now
