"""The whole system on one machine: the services' doors open, a parking system that listens, a letter box."""

import base64
import hashlib
import json
import sys
from pathlib import Path

from ims_local.addresses import Addresses
from ims_local.processes import free_port, is_running, launch, stop, wait_until
from ims_local.progress import Steps
from ims_local.register import Entry
from ims_local.servers import Given
from ims_local.settings import COUNCIL
from ims_local.stack import Stack

SOURCES = [
    "portal", "generated", "allpay", "stripe", "govuk-pay", "bank", "council", "dwp", "ereturn", "adyen", "worldpay",
    "bacs-dd", "bacs-arudd", "bacs-arucs", "bacs-ddica", "bacs-addacs", "bacs-auddis", "bacs-input-report", "by-hand",
]
DESK = "parking system"
OFFICERS = ["Ann", "Bob"]  # one decides, another approves


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class WholeStack(Stack):
    """A stack whose services know one another's doors, with tokens and secrets of its own."""

    def __init__(self, home: Path | None = None) -> None:
        super().__init__(home)
        self.extras = {}

    @property
    def token(self) -> str:
        """The bearer token of the stack's own publisher."""
        return self.register.password("publisher")

    def token_of(self, officer: str) -> str:
        """The bearer token of one of the stack's officers."""
        return self.register.password(f"officer {officer}")

    @property
    def pay_secret(self) -> str:
        """The signing secret of GOV.UK Pay webhooks."""
        return self.register.password("govuk-pay")

    @property
    def parking_secret(self) -> str:
        """What postings to parking are signed with, as Standard Webhooks writes it."""
        return "whsec_" + base64.b64encode(self.register.password("parking").encode()).decode()

    @property
    def ledger_folder(self) -> Path:
        """Where the finance system takes the ledger."""
        return self.home.resolve() / "ledger"

    @property
    def posting_folder(self) -> Path:
        """Where a back office takes files of council tax and business rates. Only if it is there, they are told to it."""
        return self.home.resolve() / "postings"

    @property
    def places(self) -> dict[str, dict[str, str]]:
        """Where files of each destination are laid down, and its answers."""
        found = {"finance": {"url": self.ledger_folder.as_uri()}}
        if self.posting_folder.exists():
            found["revenues"] = {"url": self.posting_folder.as_uri(), "answers": str(self.posting_folder / "answers")}
        return found

    def up(self, steps: Steps | None = None, servers_only: bool = False) -> None:
        """As every stack; the parking system first, so that its address can be told to notify."""
        if not servers_only:
            self.ledger_folder.mkdir(parents=True, exist_ok=True)
            port = self.start_desk()
            self.extras = self.doors(port)
        super().up(steps, servers_only)

    def down(self) -> None:
        """As every stack."""
        super().down()
        if entry := self.register.entry(DESK):
            stop(entry.process)

    def doors(self, desk_port: int) -> dict[str, dict[str, str]]:
        """What each service must know of the world around this stack."""
        publisher = {"token_sha256": sha256(self.token), "council": COUNCIL, "sources": SOURCES}
        officers = {each: {"token_sha256": sha256(self.token_of(each)), "council": COUNCIL} for each in OFFICERS}
        parking = {"url": f"http://127.0.0.1:{desk_port}/postings", "secret": self.parking_secret}
        return {
            "ingest": {
                "IMS_PUBLISHERS": json.dumps({"local": publisher}),
                "IMS_GOVUK_PAY_SECRETS": json.dumps({COUNCIL: [self.pay_secret]}),
            },
            "allocation": {"IMS_OFFICERS": json.dumps(officers), "IMS_NAME_KEY": self.register.password("names")},
            "reconcile": {"IMS_OFFICERS": json.dumps(officers)},
            "notify": {
                "IMS_DESTINATIONS": json.dumps({"parking": parking}),
                "IMS_PLACES": json.dumps(self.places),
                "IMS_OFFICERS": json.dumps(officers),
            },
        }

    def start_desk(self) -> int:
        """Start the parking system, if it does not run; its port."""
        entry = self.register.entry(DESK) or Entry(kind="embedded")
        if entry.port and is_running(entry.process):
            return entry.port
        entry.port, log = free_port(entry.port), self.home / "logs/parking.log"
        secret = self.home / "parking-secret"
        secret.touch(mode=0o600)
        secret.write_text(self.parking_secret)
        command = [sys.executable, "-m", "ims_local.parking", "--port", str(entry.port), "--folder", str(self.home / "parking")]
        entry.process = launch([*command, "--secret-file", str(secret)], log, self.home)
        self.register.keep(DESK, entry)
        wait_until(Given(DESK, "127.0.0.1", entry.port).is_running, entry.process, log)
        return entry.port

    def addresses(self) -> Addresses:
        """Where this system is reached, by the commands that feed it and look at it."""
        return Addresses(
            kafka=self.kafka.bootstrap,
            http={name: service.url for name, service in self.services.items()},
            databases={name: self.database_url(name) for name in self.services},
            token=self.token,
            pay_secret=self.pay_secret,
        )
