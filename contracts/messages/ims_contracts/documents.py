"""The contract as documents any language can read: a JSON Schema for every message, an AsyncAPI document for every service."""

from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from ims_contracts.catalogue import STREAMS, Stream
from ims_contracts.message import Message

Document = dict[str, Any]

SERVICES = {
    "ingest": "What arrives: payments, reversals, settlements and statement lines, each taken in once.",
    "allocation": "Where money belongs: funds, accounts, ledger, suspense, refunds.",
    "reconcile": "Is the money really there: statement and settlement against the ledger.",
    "notify": "Who must know: receipts, back-office postings, alerts.",
    "outside": "What a system outside may tell, and what it may hear.",
}

PARTITIONER = "crc32(key) mod partitions"

# As in binary mode of the CloudEvents 1.0 binding for Kafka: what is needed to route, set aside and trace a message without its body.
HEADERS: Document = {
    "ce_specversion": {"const": "1.0"},
    "ce_type": {"type": "string"},
    "ce_source": {"type": "string", "description": "Who tells it, such as `ims/allocation`. With ce_id it says which message this is."},
    "ce_id": {"type": "string", "description": "Derived from what makes the fact one: the same fact told again has the same."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it was told, UTC."},
    "ce_causationid": {"type": "string", "description": "The ce_id of the message that this one follows from."},
    "ce_correlationid": {"type": "string", "description": "The same on everything that follows from one act outside."},
    "traceparent": {"type": "string", "description": "W3C Trace Context."},
    "content-type": {"const": "application/json"},
}
HEADERS_REQUIRED = ["ce_specversion", "ce_type", "ce_source", "ce_id"]


class _WithoutFieldTitles(GenerateJsonSchema):
    """A field's title would repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(message: type[Message]) -> Document:
    """The JSON Schema (draft 2020-12) of a message's body, with where it is told, its key and what makes it one."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": message.type,
        **message.model_json_schema(schema_generator=_WithoutFieldTitles),
        "x-topic": message.topic,
        "x-key": message.keyed_by,
        "x-one-per": ["council", *message.one_per],
    }


@cache
def asyncapi(service: str) -> Document:
    """The AsyncAPI 3.0 document of what a service hears and tells, as the catalogue says; `outside` is every system that is not ours."""
    described = SERVICES[service]
    heard = {topic: stream for topic, stream in STREAMS.items() if service in stream.heard_by}
    told = {topic: stream for topic, stream in STREAMS.items() if service in stream.told_by}
    streams = heard | told
    messages = [message for stream in streams.values() for message in stream.messages]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"IMS {service}", "version": "1.0.0", "description": described, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {_name(topic): _channel(topic, stream) for topic, stream in streams.items()},
        "operations": {
            **{f"hear-{_name(topic)}": _operation("receive", topic, stream) for topic, stream in heard.items()},
            **{f"tell-{_name(topic)}": _operation("send", topic, stream) for topic, stream in told.items()},
        },
        "components": {"messages": {message.__name__: _message(message) for message in messages}, "schemas": _schemas(messages)},
    }


def documents() -> dict[str, Document]:
    """Every document of the contract by its path below `contracts/schemas`."""
    by_message = {path(message): json_schema(message) for stream in STREAMS.values() for message in stream.messages}
    return by_message | {f"asyncapi/{service}.json": asyncapi(service) for service in SERVICES}


def path(message: type[Message]) -> str:
    """Where a message's schema is: `<topic>/<fact>.v<major>.json`."""
    return f"{message.topic}/{'.'.join(message.type.split('.')[2:])}.json"


def _name(topic: str) -> str:
    return topic.split(".")[1]


def _channel(topic: str, stream: Stream) -> Document:
    return {
        "address": topic,
        "description": f"Told by {', '.join(stream.told_by)}; heard by {', '.join(stream.heard_by)}. A message's partition is "
        f"{PARTITIONER} (librdkafka calls it `consistent`). Messages may come in any order, and more than once.",
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"} for message in stream.messages},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": "0.5.0"}},
        "x-partitioner": PARTITIONER,
    }


def _operation(action: str, topic: str, stream: Stream) -> Document:
    channel = f"#/channels/{_name(topic)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{message.__name__}"} for message in stream.messages],
    }


def _message(message: type[Message]) -> Document:
    return {
        "name": message.type,
        "title": message.__name__,
        "summary": message.__doc__,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": HEADERS_REQUIRED,
            "properties": HEADERS | {"ce_type": {"const": message.type}},
        },
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The body's council, a slash, and its {message.keyed_by}."},
                "bindingVersion": "0.5.0",
            },
        },
        "x-one-per": ["council", *message.one_per],
    }


def _schemas(messages: list[type[Message]]) -> Document:
    _, together = models_json_schema(
        [(message, "validation") for message in messages],
        ref_template="#/components/schemas/{model}",
        schema_generator=_WithoutFieldTitles,
    )
    schemas: Document = together["$defs"]
    return schemas
