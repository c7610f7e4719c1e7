"""What an incident message says to one reader, before any channel's own form."""

from collections.abc import Mapping

from ims_notify.domain.incidents import Concerned, rendered
from ims_notify.domain.letters import Council, Letter, pounds
from ims_notify.store.deliveries import Queue
from ims_notify.store.incident_messages import IncidentDue

QUEUE = Queue("incident", "")


def incident_letter(due: IncidentDue, councils: Mapping[tuple[str, str], Council]) -> Letter:
    """In its reader's language, in English where there is no other; with the fields of a template that is kept elsewhere."""
    words = rendered(due.words, Concerned(due.language, due.amount_pence, due.payment_count), councils, due.council)
    language = due.language if due.language in due.words else "en"
    own = councils[due.council, language]
    fields = {"council": own.name, "enquiries": own.enquiries, "amount": pounds(due.amount_pence)}
    return Letter(language, words.subject, words.text.rstrip() + "\n", fields=fields)
