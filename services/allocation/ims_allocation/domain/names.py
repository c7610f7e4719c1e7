"""Names and bank accounts as evidence, without keeping them: only digests under a key that the database does not hold."""

import hmac
import re
import unicodedata

TITLES = {"MR", "MRS", "MS", "MISS", "MX", "DR", "REV", "SIR", "DAME", "LADY", "LORD", "PROF", "EXECUTORS", "OF", "THE", "LATE", "AND"}
OF_FIRMS = {"LTD", "LIMITED", "PLC", "LLP", "CIC", "CO", "COMPANY", "SONS", "TRUST", "GROUP", "UK"}
WORDS = re.compile(r"[A-Z]{2,}")
TOGETHER = re.compile(r"&|\+|/|,|\bAND\b")
DIGEST_BYTES = 5
"""Enough that two names of a register seldom share one; a match is never more than a second fact."""
ACCOUNT_DIGEST_BYTES = 16
"""Enough that no two bank accounts of the country share one."""
UK_IBAN = re.compile(r"GB\d{2}[A-Z]{4}(\d{14})")


class Names:
    """Turns names into digests; without a key, into nothing."""

    def __init__(self, key: bytes = b"") -> None:
        self.key = key

    def of_payer(self, name: str) -> frozenset[str]:
        """Every word that may be a surname: banks turn names about."""
        return frozenset(map(self.digest, words(name))) if self.key else frozenset()

    def of_holder(self, name: str) -> frozenset[str]:
        """The last word of each person's name; every word of a firm's."""
        if not self.key:
            return frozenset()
        people = [words(person) for person in TOGETHER.split(plain(name))]
        is_firm = not OF_FIRMS.isdisjoint(WORDS.findall(plain(name)))
        surnames = {word for person in people for word in (person if is_firm else person[-1:])}
        return frozenset(map(self.digest, surnames))

    def of_bank_account(self, account: str) -> str | None:
        """A bank account, of the payer's or anybody's: sort code and number, whether they are given so or within an IBAN."""
        signs = "".join(filter(str.isalnum, account.upper()))
        if not self.key or not signs:
            return None
        number = is_uk[1] if (is_uk := UK_IBAN.fullmatch(signs)) else signs
        return hmac.digest(self.key, f"bank account {number}".encode(), "sha256")[:ACCOUNT_DIGEST_BYTES].hex()

    def digest(self, word: str) -> str:
        """A word under the key, which cannot be looked up in a list of surnames without it."""
        return hmac.digest(self.key, word.encode(), "sha256")[:DIGEST_BYTES].hex()


NO_NAMES = Names()


def plain(name: str) -> str:
    """A name in capitals, without accents, apostrophes and hyphens: `Siân O'Dea-Lee` is `SIAN ODEALEE`."""
    letters = unicodedata.normalize("NFKD", name).upper()
    return re.sub(r"['’\-]", "", "".join(sign for sign in letters if not unicodedata.combining(sign)))


def words(name: str) -> list[str]:
    """The words of a name that tell people apart."""
    return [word for word in WORDS.findall(plain(name)) if word not in TITLES | OF_FIRMS]
