"""A GOV.UK Notify on the loopback with limits of any scale, and a notify that writes by it."""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from ims_local.govuk_notify import KEY, GovukNotify
from notify.notify_world import COUNCIL

KEY_ENV = "IMS_TEST_GOVUK_KEY"
CALLBACK_TOKEN = "what GOV.UK Notify sends with its reports"
TEMPLATES = {"email": UUID(int=11), "sms": UUID(int=12), "letter": UUID(int=13)}
WELSH = UUID(int=21)


@contextlib.asynccontextmanager
async def govuk_notify(folder: Path, monkeypatch: Any, **setting: Any) -> AsyncIterator[tuple[GovukNotify, dict[str, Any]]]:
    """A GOV.UK Notify, and the settings that lead to it."""
    monkeypatch.setenv(KEY_ENV, KEY)
    fake = GovukNotify(1_000_000, 1_000_000)
    async with fake.listening() as url:
        token = hashlib.sha256(CALLBACK_TOKEN.encode()).hexdigest()
        own = {"key_env": KEY_ENV, "url": url, "callback_token_sha256": token, "per_minute": 6_000_000, **setting}
        yield fake, {"council_pack": pack(folder), "govuk_notify": {COUNCIL: own}}


def pack(folder: Path, media: tuple[str, ...] = ("email", "sms", "letter"), **changes: Any) -> Path:
    """The example council's pack, with templates at GOV.UK Notify."""
    read = yaml.safe_load((files("ims_notify") / "packs" / "anytown.yaml").read_text())
    templates = {medium: {"en": str(TEMPLATES[medium]), "cy": str(WELSH)} for medium in media}
    read["councils"][0] |= {"govuk_notify": templates} | changes
    path = folder / "pack.yaml"
    path.write_text(yaml.safe_dump(read, allow_unicode=True))
    return path
