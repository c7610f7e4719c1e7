"""The words of each council and language: those that come with notify, with what the council says otherwise."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from string import Formatter
from typing import Any

import yaml

from ims_notify.domain.letters import Council, Words

LANGUAGES = ("en", "cy")
VERSION_LENGTH = 12
LINK = re.compile(r"https?:|www\.|://|<a\b", re.IGNORECASE)

type Said = dict[str, Any]
"""As a template is written: sentences by name, and under `outcomes`, `methods`, `reversals` the words of lists that grow."""


def template(language: str) -> Said:
    """What comes with notify."""
    found: Said = yaml.safe_load((files("ims_notify") / "templates" / f"{language}.yaml").read_text())
    return found


def words_of(language: str, own: Mapping[str, Any]) -> Words:
    """A language's words with a council's own. Raises ValueError where they do not fit: a name that there is not, a fact that is not
    known there, a link."""
    said = template(language)
    for name, text in own.items():
        if isinstance(text, Mapping):
            said[name] = {**section(said, name), **{key: checked(f"{name}.{key}", each, None) for key, each in text.items()}}
        else:
            said[name] = checked(name, text, said.get(name))
    lines = {name: text for name, text in said.items() if isinstance(text, str)}
    return Words(language, lines, said["outcomes"], said["methods"], said["reversals"], said["months"])


def versioned(council: Council) -> Council:
    """The same, with the version of all that its letters are made of."""
    version = sha256(json.dumps(council.said(), sort_keys=True).encode()).hexdigest()[:VERSION_LENGTH]
    return council._replace(words=council.words._replace(version=version))


def section(said: Said, name: str) -> dict[str, str]:
    found = said.get(name)
    if not isinstance(found, dict):
        raise ValueError(f"the words have no section {name}")
    return found


def checked(name: str, text: object, ours: object) -> str:
    """A sentence of a council's own: it has no link, and no other facts than ours has."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the words under {name} are no sentence")
    if LINK.search(text):
        raise ValueError(f"the words under {name} have a link in them: a receipt has none")
    if ours is None and "." not in name:
        raise ValueError(f"there are no words called {name}")
    if unknown := facts_in(text) - facts_in(ours if isinstance(ours, str) else ""):
        raise ValueError(f"the words under {name} want what is not known there: {', '.join(sorted(unknown))}")
    return text


def facts_in(text: str) -> set[str]:
    try:
        found = [(name, form or conversion) for _, name, form, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        raise ValueError("a brace in the words is not closed, or not opened") from None
    if any(form for _, form in found):
        raise ValueError("a fact in the words stands alone between its braces")
    return {name for name, _ in found}
