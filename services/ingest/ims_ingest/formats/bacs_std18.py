"""Bacs Standard 18: the Direct Debits that the council submits. Each day and account of it reaches the bank as one credit."""

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.bacs_collection import SOURCE, bacs_day, collection_key, entry_day
from ims_ingest.formats.records import Format, Record, Row, Whole, fault
from ims_ingest.formats.text import Unreadable, lines

# A bank's statement file has the same labels, but a blank after HDR1 and no S after the service user.
LABELS = re.compile(rb"\A(?:\xef\xbb\xbf)?VOL1[^\r\n]{0,100}[\r\n]+HDR1A.{6}S")
DEBITS = {
    "01": "first collection",
    "17": "collection",
    "18": "collection presented again",
    "19": "last collection",
}
CREDITS, INSTRUCTIONS = {"99", "Z4", "Z5"}, {"0N", "0C", "0S"}
# An instruction's account may pass for a card number, and then comes starred; it is only counted.
RECORD = "0123456789*"
OTHER_LABELS = {"HDR2", "EOF1", "EOF2"}
# A month of days and a few accounts: beyond this it is not a submission, and would fill memory.
CONTRAS_MAX = 1_000
AGAIN = "ask who makes the submission for the file as it was sent to Bacs; nothing of this one was counted"


def looks_like(head: bytes) -> bool:
    return LABELS.match(head) is not None


class UserFile:
    """One file of a submission, from HDR1 to UTL1: what its records come to."""

    def __init__(self, serial: str, service_user: str) -> None:
        self.serial, self.service_user = serial, service_user
        self.processed_on: date | None = None
        self.is_of_many_days = self.pays_out = False
        self.is_sound = True
        self.debit_pence = self.credit_pence = self.debit_count = self.credit_count = self.instruction_count = 0
        self.contras: dict[tuple[date, str], list[int]] = {}
        """By processing day and originating account: the pence collected, and those of the contra."""

    def begins(self, line: int, text: str) -> Iterator[Fault]:
        """UHL1: the processing day, the currency, and what kind of work it is."""
        work = text[28:29]  # 29-37 `1 DAILY`, `4 MULTI`, `5 RECALLS`
        self.is_of_many_days = work == "4"
        try:
            self.processed_on = bacs_day(text[4:10])  # 5-10 the processing day
        except ValueError:
            if not self.is_of_many_days:
                yield self.wrong(line, "there is no such processing day", "5-10")
        if text[20:22].strip() not in ("", "00"):  # 21-22 the currency
            self.is_sound = False
            yield fault(line, "the file is not in pounds", "keep it out: amounts here are in pence", "21-22")
        if work == "5":
            self.is_sound = False
            yield fault(line, "the file recalls payments", "keep it out, and reverse what was recalled", "29-37")
        if (number := text[37:40].strip()) not in ("", "001"):  # 38-40 the file's number
            self.serial += f"/{number}"

    def read(self, line: int, text: str) -> Row | Fault | None:
        """A payment record. Contras and instructions are counted, and give no row."""
        code, digits = text[15:17], text[35:46]  # 16-17 the transaction code, 36-46 pence
        if not (len(digits) == 11 and digits.isascii() and digits.isdigit()):
            return self.wrong(line, "the amount cannot be read", "36-46")
        amount_pence = int(digits)
        try:
            processed_on = bacs_day(text[100:106]) if self.is_of_many_days else self.processed_on  # 101-106, if it has many
        except ValueError:
            return self.wrong(line, "there is no such processing day", "101-106")
        if code in INSTRUCTIONS:
            self.instruction_count += 1
            return self.wrong(line, "an instruction has an amount", "36-46") if amount_pence else None
        if code not in DEBITS and code not in CREDITS:
            return self.wrong(line, "the transaction code is none that is known", "16-17")
        self.count(code, amount_pence)
        account = text[17:31]  # 18-31 the originating sort code and account
        if text[:14] == account and "CONTRA" in (text[46:64].strip(), text[64:82].strip()):
            if code in CREDITS and processed_on is not None:
                self.contra(processed_on, account)[1] += amount_pence
            return None
        if code in CREDITS:
            return self.pays(line)
        if processed_on is None or not amount_pence:
            return None if processed_on is None else self.wrong(line, "a collection is of nothing", "36-46")
        return self.row(line, text, amount_pence, processed_on)

    def row(self, line: int, text: str, amount_pence: int, processed_on: date) -> Row:
        reference, account = text[64:82].strip(), text[17:31]  # 65-82 the payer's reference with the council
        self.contra(processed_on, account)[0] += amount_pence
        return Row(
            line,
            collection_key(self.service_user, processed_on, reference, amount_pence),
            amount_pence,
            entry_day(processed_on),
            reference,
            DEBITS[text[15:17]],
            "direct-debit",
            "direct-debit",
            remittance=f"{self.name(processed_on)}:{account}",
        )

    def count(self, code: str, amount_pence: int) -> None:
        if code in DEBITS:
            self.debit_count, self.debit_pence = self.debit_count + 1, self.debit_pence + amount_pence
        else:
            self.credit_count, self.credit_pence = self.credit_count + 1, self.credit_pence + amount_pence

    def contra(self, processed_on: date, account: str) -> list[int]:
        if len(self.contras) > CONTRAS_MAX:
            raise Unreadable(f"the file has more than {CONTRAS_MAX} days and accounts")
        return self.contras.setdefault((processed_on, account), [0, 0])

    def name(self, processed_on: date) -> str:
        """What identifies a day of it to the council: the service user, the submission's serial, the processing day."""
        return f"{self.service_user}:{self.serial}:{processed_on.isoformat()}"

    def wrong(self, line: int, what: str, position: str) -> Fault:
        self.is_sound = False
        return fault(line, what, AGAIN, position)

    def pays(self, line: int) -> Fault | None:
        """Money to others is no receipt, and half a file is never taken in: told once for them all."""
        if self.pays_out:
            return None
        self.pays_out, self.is_sound = True, False
        return fault(line, "the file pays money out: only collections are taken in here", "send collections and refunds apart", "16-17")

    def ends(self, line: int, text: str) -> Iterator[Fault]:
        """UTL1: whether the totals, the counts and each day's contra agree. After another fault they cannot."""
        if not self.is_sound:
            return
        if self.processed_on is None and not self.is_of_many_days:
            yield fault(line, "the file has no UHL1, which says its processing day", AGAIN)
        counted = [self.debit_pence, self.credit_pence, self.debit_count, self.credit_count, self.instruction_count]
        # 5-17 and 18-30 pence, 31-37 and 38-44 counts, of debits and credits, contras among them; 53-59 instructions
        said = [text[start:end].strip() or "0" for start, end in ((4, 17), (17, 30), (30, 37), (37, 44), (52, 59))]
        if not all(each.isascii() and each.isdigit() for each in said):
            yield fault(line, "the trailer's figures cannot be read", AGAIN, "5-59")
        elif [int(each) for each in said] != counted:
            yield fault(line, f"the trailer says {figures(*map(int, said))}, but there are {figures(*counted)}", AGAIN, "5-59")
        for (processed_on, _), (collected_pence, contra_pence) in self.contras.items():
            if collected_pence != contra_pence:
                what = f"the collections of {processed_on.isoformat()} are {collected_pence}p, their contra is {contra_pence}p"
                yield fault(line, what, AGAIN)


def figures(debit_pence: int, credit_pence: int, debit_count: int, credit_count: int, instruction_count: int) -> str:
    debits, credits = f"{debit_count} debits of {debit_pence}p", f"{credit_count} credits of {credit_pence}p"
    return f"{debits}, {credits} and {instruction_count} instructions"


class Submission:
    """A whole submission: its user files, one after the other."""

    def __init__(self) -> None:
        self.serial = self.service_user = ""
        self.file: UserFile | None = None
        self.names: list[str] = []
        self.entered_on: date | None = None
        self.is_sound, self.count = True, 0

    def read(self, line: int, text: str) -> Iterator[Record]:
        if self.file is not None and text[:1] and text[0] in RECORD:
            record = self.file.read(line, text)
            if record is not None:
                yield record
        elif text.strip("\x1a "):
            yield from self.label(line, text)

    def label(self, line: int, text: str) -> Iterator[Fault]:
        name = text[:4]
        if name == "VOL1":
            self.serial, self.service_user = text[4:10].strip(), text[41:47].strip()  # 5-10 the serial, 42-47 the service user
        elif name == "HDR1":
            yield from self.cut_short(line)
            self.file = UserFile(self.serial, text[5:11].strip() or self.service_user)  # 6-11 the service user
        elif name == "UHL1" and self.file is not None:
            yield from self.file.begins(line, text)
        elif name == "UTL1" and self.file is not None:
            faults = list(self.file.ends(line, text))
            self.is_sound = self.is_sound and not faults
            self.close(self.file)
            yield from faults
        elif name not in OTHER_LABELS:
            self.is_sound = False
            yield fault(line, "the line is neither a label nor a payment record", AGAIN)

    def close(self, file: UserFile) -> None:
        days = sorted({processed_on for processed_on, _ in file.contras} or {each for each in [file.processed_on] if each})
        self.names += [name for each in days if (name := file.name(each)) not in self.names]
        entered = [entry_day(each) for each in days] + ([self.entered_on] if self.entered_on else [])
        self.entered_on = min(entered, default=None)
        self.is_sound, self.count, self.file = self.is_sound and file.is_sound, self.count + 1, None

    def cut_short(self, line: int) -> Iterator[Fault]:
        if self.file is not None:
            self.close(self.file)
            self.is_sound = False
            yield fault(line, "the file ends without its trailer, UTL1", AGAIN)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each collection, then whether totals and contras prove them all."""
    submission, line = Submission(), 1
    try:
        for line, text in lines(stream):
            yield from submission.read(line, text)
    except Unreadable as error:
        yield fault(line, str(error), AGAIN)
        return
    yield from submission.cut_short(line)
    if not submission.count:
        yield fault(line, "there is no file in the submission", AGAIN)
    yield Whole("+".join(submission.names)[:140] or "none", submission.entered_on, submission.is_sound and submission.count > 0)


BACS_STD18 = Format("bacs_std18", SOURCE, looks_like, read, comes_ahead=True, texts=(slice(46, 64), slice(64, 82), slice(82, 100)))
