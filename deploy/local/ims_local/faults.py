"""What can be expected to go wrong on a person's own machine, told to them in plain English."""


class Fault(Exception):
    """Something that a person can put right; its text says what is wrong and what to do."""
