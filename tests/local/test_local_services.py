"""A service is started with its surroundings, its database brought up to date first; what fails is said."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from ims_local.faults import Fault
from ims_local.register import Entry, Register
from ims_local.servers import LetterBox
from ims_local.services import Service
from ims_local.stack import Stack

# Anyone's service: it is brought up to date once, answers when it is ready, and can be told to fail.
PRETEND = '''
import os, pathlib, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

task, notes = sys.argv[1:], pathlib.Path(os.environ["NOTES"])
if os.environ.get("FAIL") == (task[0] if task else "run"):
    sys.exit("no such database")
if task == ["migrate"]:
    notes.write_text("up to date")
    sys.exit()
assert notes.read_text() == "up to date"

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

HTTPServer((os.environ["IMS_HTTP_HOST"], int(os.environ["IMS_HTTP_PORT"])), Health).serve_forever()
'''


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    (home / "ims_pretend.py").write_text(PRETEND)
    service = Service("pretend", home, Register(home))
    yield service
    service.kill()


def surroundings(home: Path, **more: str) -> dict[str, str]:
    return {"PYTHONPATH": str(home), "NOTES": str(home / "notes"), **more}


def test_a_service_is_brought_up_to_date_started_left_alone_and_ended(service: Service, home: Path) -> None:
    assert service.health() == "down"

    service.start(surroundings(home))
    first, url = service.pid, service.url
    assert service.health() == "ready"

    service.start(surroundings(home))
    assert service.pid == first

    service.start(surroundings(home, CHANGED="yes"))
    assert service.pid != first
    assert service.url == url

    service.stop()
    assert service.health() == "down"


def test_a_service_that_ends_at_once_says_why(service: Service, home: Path) -> None:
    with pytest.raises(Fault, match=r"pretend ended as soon as it was started(.|\n)*no such database"):
        service.start(surroundings(home, FAIL="run"))


def test_a_database_that_cannot_be_brought_up_to_date_says_why(service: Service, home: Path) -> None:
    with pytest.raises(Fault, match=r"database of pretend could not be brought up to date(.|\n)*no such database"):
        service.start(surroundings(home, FAIL="migrate"))


def test_the_letter_box_keeps_each_message_as_a_file(home: Path) -> None:
    letter_box, letter = LetterBox(home, Register(home)), EmailMessage()
    letter["To"], letter["From"], letter["Subject"] = "payer@example.com", "council@example.com", "Your receipt: £1.00"
    letter.set_content("Diolch")
    for _ in range(2):  # started again, it goes on counting
        letter_box.start()
        assert letter_box.port is not None
        with smtplib.SMTP("127.0.0.1", letter_box.port) as client:
            client.send_message(letter)
        letter_box.stop()

    kept = sorted(letter_box.folder.iterdir())
    assert [path.name for path in kept] == ["0000001.eml", "0000002.eml"]
    assert all(b"Diolch" in path.read_bytes() for path in kept)


def test_a_stack_has_as_many_processes_of_allocation_as_are_wanted_or_ever_ran(home: Path) -> None:
    stack = Stack(home)
    assert [each.called for each in stack.processes] == ["ingest", "allocation", "reconcile", "notify"]

    stack.allocations = 2
    assert stack.processes[-1] == Service("allocation", home, stack.register, 2)

    for each in stack.processes:
        stack.register.keep(each.called, Entry(kind="embedded"))
    stack.register.keep("allocation-3", Entry(kind="embedded"))
    assert [each.called for each in stack.processes][4:] == ["allocation-2", "allocation-3"]
