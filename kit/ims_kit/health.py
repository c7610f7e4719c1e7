"""What a service says of itself over HTTP: alive, ready, stuck or idle; its messages; and what it set aside."""

import html
import json
import time
from typing import TYPE_CHECKING, Any

import asyncpg
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi_offline import FastAPIOffline

from ims_kit import aside

if TYPE_CHECKING:
    from ims_kit.service import Service

router = APIRouter()


def service_of(request: Request) -> "Service":
    service: Service = request.app.state.service
    return service


def reader_health(service: "Service") -> dict[str, Any]:
    """`idle` has nothing to do; `stuck` has, and got nowhere for too long; `standing-by` holds no partition."""
    reader = service.reader
    if reader is None:
        return {"state": "none" if not service.hearings else "starting"}
    still, behind = time.monotonic() - reader.progress_at, reader.behind()
    stuck = still > service.settings.stuck_seconds and reader.state not in ("idle", "standing-by", "stopped")
    return {
        "state": "stuck" if stuck else reader.state,
        "behind": behind,
        "seconds_since_progress": round(still, 1),
        "last_error": reader.last_error,
        "unheard": reader.unit.unheard,
    }


def relay_health(service: "Service") -> dict[str, Any]:
    relay = service.relay
    still = time.monotonic() - relay.progress_at
    stuck = still > service.settings.stuck_seconds and relay.state in ("sending", "backing-off")
    return {"state": "stuck" if stuck else relay.state, "seconds_since_progress": round(still, 1), "last_error": relay.last_error}


async def database_answers(service: "Service") -> bool:
    try:
        return bool(await service.pool.fetchval("SELECT true", timeout=2))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False


@router.get("/health/live", tags=["health"])
async def live() -> dict[str, str]:
    """The process answers."""
    return {"state": "alive"}


@router.get("/health/ready", tags=["health"])
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """Whether the service takes work: 503 while it starts, is stuck, or its database does not answer."""
    service = service_of(request)
    reader, relay, database = reader_health(service), relay_health(service), await database_answers(service)
    is_ready = database and service.is_started and reader["state"] not in ("stuck", "stopped", "starting") and relay["state"] != "stuck"
    response.status_code = 200 if is_ready else 503
    return {"service": service.name, "is_ready": is_ready, "database": database, "reader": reader, "relay": relay,
            "background": service.background_errors}


@router.get("/v1/set-aside", tags=["set aside"])
async def set_aside(request: Request, with_retried: bool = False) -> list[dict[str, Any]]:
    """Records that could not be handled, with the reason; never the records themselves."""
    return [dict(row) for row in await aside.listed(service_of(request).pool, with_retried)]


@router.post("/v1/set-aside/{number}/retry", tags=["set aside"])
async def retry(request: Request, number: int) -> dict[str, str]:
    """Handle one of them again."""
    service = service_of(request)
    if service.reader is None:
        raise HTTPException(503, "This service does not hear at present. Try again when it is ready.")
    outcome = await service.reader.unit.retry(number)
    if outcome == "unknown":
        raise HTTPException(404, f"No record {number} is set aside here, or it has been dealt with.")
    service.relay.woken.set()
    return {"outcome": outcome}


@router.get("/asyncapi.json", tags=["messages"])
async def asyncapi(request: Request) -> dict[str, Any]:
    """What this service hears and tells, as an AsyncAPI 3.0 document."""
    return service_of(request).asyncapi


@router.get("/asyncapi", response_class=HTMLResponse, include_in_schema=False)
async def asyncapi_page(request: Request) -> str:
    """The same for people: a page that loads nothing from elsewhere."""
    document = service_of(request).asyncapi
    rows = []
    for operation in document.get("operations", {}).values():
        topic = operation["channel"]["$ref"].rsplit("/", 1)[-1]
        for message in operation.get("messages", []):
            name = message["$ref"].rsplit("/", 1)[-1]
            found = document["components"]["messages"].get(name, {})
            payload = html.escape(json.dumps(found.get("payload", {}), indent=2))
            rows.append(
                f"<tr><td>{operation['action']}</td><td>{html.escape(topic)}</td><td><b>{html.escape(name)}</b><br>"
                f"{html.escape(found.get('summary') or '')}<details><summary>Schema</summary><pre>{payload}</pre></details></td></tr>"
            )
    title = html.escape(document.get("info", {}).get("title", "Messages"))
    return (
        f'<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px/1.5 sans-serif;margin:2rem;max-width:70rem}td{border-top:1px solid #999;padding:.5rem;vertical-align:top}"
        "pre{overflow:auto;background:#f3f2f1;padding:1rem}</style>"
        f"<h1>{title}</h1><p><a href='/asyncapi.json'>AsyncAPI document</a> · <a href='/docs'>HTTP API</a></p>"
        f"<table><tr><th>Action<th>Topic<th>Message</tr>{''.join(rows)}</table></html>"
    )


def make_api(service: "Service") -> FastAPI:
    """The service's HTTP side, with the pages that every service has."""
    # Its page loads nothing from elsewhere: a council's network may not let it, and a page of ours runs no stranger's script.
    api = FastAPIOffline(title=f"Income management: {service.name}", version="1", redoc_url=None)
    api.state.service = service
    api.include_router(router)
    return api
