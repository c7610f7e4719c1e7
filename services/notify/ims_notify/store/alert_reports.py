"""What is shown of alerts, and that an officer knows of one."""

from typing import Any, NamedTuple
from uuid import UUID

from ims_kit import Work

# `open`: there is something of it that nobody has said is known.
SHOWN = """SELECT * FROM (
  SELECT alert_id, alert.council, alert.kind, alert.subject, began_at, closed_at, a.*, k.raised AS known, k.officer, k.acknowledged_at,
    CASE WHEN k.raised >= a.raised THEN 'acknowledged' WHEN closed_at IS NOT NULL THEN 'closed' ELSE 'open' END AS state
  FROM alert, LATERAL (
    SELECT count(*)::int AS raised, count(*) FILTER (WHERE ended_at IS NULL)::int AS going_on, max(raised_at) AS raised_at,
      (array_agg(detail ORDER BY raised_at DESC, case_name DESC))[1] AS detail
    FROM alarm WHERE alarm.alert_id = alert.alert_id) AS a
  LEFT JOIN LATERAL (
    SELECT raised, officer, acknowledged_at FROM alert_acknowledged k WHERE k.alert_id = alert.alert_id ORDER BY raised DESC LIMIT 1)
    AS k ON true
  WHERE alert.council = $1 AND ($2::text IS NULL OR alert.kind = $2) AND ($3::text IS NULL OR alert.subject = $3)
    AND ($5::uuid IS NULL OR (alert.began_at, alert.alert_id) < (SELECT began_at, alert_id FROM alert WHERE council = $1 AND alert_id = $5))
) AS shown WHERE ($4::text IS NULL OR state = $4) ORDER BY began_at DESC, alert_id DESC LIMIT $6"""

MESSAGES = """SELECT s.alert_id, receiver, saying, said_at, state, attempts, finished_at, reason
FROM alert_said s JOIN alert_message m USING (message_id, receiver) WHERE s.alert_id = ANY($1) ORDER BY said_at, receiver"""

CASES = """SELECT case_name, happened_on, detail, raised_at, ended_at FROM alarm JOIN alert USING (alert_id)
WHERE alert.council = $1 AND alert_id = $2 AND case_name > $3 ORDER BY case_name LIMIT $4"""

ACKNOWLEDGE = """INSERT INTO alert_acknowledged (alert_id, raised, officer, acknowledged_at)
SELECT alert_id, count(*), $3, $4 FROM alert JOIN alarm USING (alert_id) WHERE alert.council = $1 AND alert_id = $2 GROUP BY alert_id
ON CONFLICT DO NOTHING"""

ACKNOWLEDGED = """SELECT k.alert_id, k.raised, officer, acknowledged_at FROM alert_acknowledged k JOIN alert USING (alert_id)
WHERE alert.council = $1 AND alert_id = $2 ORDER BY raised DESC LIMIT 1"""


class Wanted(NamedTuple):
    """Which alerts are asked for; none of a thing: all."""

    council: str
    kind: str | None
    subject: str | None
    state: str | None


async def listed(connection: Any, wanted: Wanted, after: UUID | None, count_max: int) -> list[dict[str, Any]]:
    """Alerts, the newest first, from behind the one that is named, each with the messages that told of it."""
    found = {row["alert_id"]: dict(row) | {"messages": []} for row in await connection.fetch(SHOWN, *wanted, after, count_max)}
    for row in await connection.fetch(MESSAGES, list(found)):
        message = dict(row)
        found[message.pop("alert_id")]["messages"].append(message)
    return list(found.values())


async def cases(connection: Any, council: str, alert_id: UUID, after: str, count_max: int) -> list[dict[str, Any]]:
    """Each thing that an alert is made of, from behind the one that is named."""
    return [dict(row) for row in await connection.fetch(CASES, council, alert_id, after, count_max)]


async def acknowledge(council: str, alert_id: UUID, officer: str, work: Work) -> dict[str, Any] | None:
    """Keep that all which was raised of an alert so far is known; the same again changes nothing. None: no such alert."""
    await work.connection.execute(ACKNOWLEDGE, council, alert_id, officer, work.now)
    row = await work.connection.fetchrow(ACKNOWLEDGED, council, alert_id)
    return dict(row) if row else None
