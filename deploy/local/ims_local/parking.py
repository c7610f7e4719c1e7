"""The demo's parking system: takes the signed webhooks that a real one would, checks them, and counts what it was told."""

import argparse
import json
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError


def make_desk(secret: str, folder: Path) -> FastAPI:
    """Each message is kept once, by its webhook-id: what comes again is answered, and changes nothing."""
    desk, signer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), Webhook(secret)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @desk.post("/postings")
    async def posting(request: Request) -> Response:
        body = await request.body()
        try:
            signer.verify(body, dict(request.headers))
        except WebhookVerificationError:
            return Response(status_code=401)
        kept = folder / f"{request.headers['webhook-id'].replace('/', '_')}.json"
        if not kept.exists():
            kept.write_text(json.dumps(json.loads(body), indent=2))
        return Response(status_code=204)

    return desk


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--secret-file", type=Path, required=True)
    given = parser.parse_args()
    uvicorn.run(make_desk(given.secret_file.read_text(), given.folder), host="127.0.0.1", port=given.port, log_level="warning")
