"""Accounts as a list of JSON objects, their fields named as the contract names them; amounts in pence."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pydantic import ValidationError

from ims_contracts.accounts import AccountFields
from ims_contracts.remittances import Fault
from ims_ingest.formats.records import AccountRow, Format, Record, Whole, fault

BEGINS = re.compile(rb"^(?:\xef\xbb\xbf)?\s*\[\s*\{")
# As JSON escapes them: NUL, and half a pair of surrogates.
UNKEEPABLE = re.compile(r"\\u(?:0000|d[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..\\u)d[c-f])")
SPACE = re.compile(r"\s*")
# A penalty with all its stages and its holder's address has some two thousand characters.
ACCOUNT_MAX = PIECE = 65_536
AGAIN = "send it again as a list of accounts, as JSON in UTF-8"


def looks_like(head: bytes) -> bool:
    return BEGINS.match(head) is not None and b'"account_reference"' in head and b'"fund"' in head


def read(stream: BinaryIO) -> Iterator[Record]:
    for each in accounts(stream):
        yield each if isinstance(each, Fault) else read_account(*each)
    yield Whole("", None, None)


def accounts(stream: BinaryIO) -> Iterator[tuple[int, Any] | Fault]:
    """Each object of the list with the line it begins on, read piece by piece; a fault ends it, for behind it nothing can be read."""
    text, decode = codecs.getreader("utf-8-sig")(stream), json.JSONDecoder().raw_decode
    held, line, awaited = "", 1, "["
    while True:
        try:
            piece = text.read(PIECE)
        except UnicodeDecodeError:
            yield fault(line, "the file is not in UTF-8", AGAIN)
            return
        held, at = held + piece, 0
        while (begins := SPACE.match(held, at).end()) < len(held):  # type: ignore[union-attr]
            line, at = line + held.count("\n", at, begins), begins
            if awaited == "{":
                try:
                    found, after = decode(held, at)
                except (ValueError, RecursionError):
                    break
                yield line, found
            elif held[at] in awaited:
                found, after = held[at], at + 1
            else:
                yield fault(line, f"there is no `{awaited[0]}` where one belongs" if awaited else "more follows the list", AGAIN)
                return
            line, at, awaited = line + held.count("\n", at, after), after, follows(awaited, found)
        held = held[at:]
        if len(held) > ACCOUNT_MAX or not piece:
            if held.strip() or awaited:
                yield fault(line, "an account is cut short, or too long", AGAIN)
            return


def follows(awaited: str, found: Any) -> str:
    """What comes next in a list of objects: nothing behind its end."""
    if awaited == "{":
        return ",]"
    return "" if found == "]" else "{"


def read_account(line: int, said: Any) -> Record:
    if not isinstance(said, dict):
        return fault(line, "this is no account", "send an object with an account's fields")
    fields = {name: value for name, value in said.items() if name in AccountFields.model_fields}
    if UNKEEPABLE.search(json.dumps(fields)):
        return fault(line, "a text has a character that cannot be kept: NUL, or half of one", "correct the account")
    try:
        AccountFields.model_validate({"revision": 0} | fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return fault(line, f"the field cannot be read: {first['msg']}", "correct the account", ".".join(map(str, first["loc"])))
    return AccountRow(line, fields)


ACCOUNTS_JSON = Format("accounts_json", "council", looks_like, read)
