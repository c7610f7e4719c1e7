"""The committed documents are those of the code, break nobody, and can be read by others' tools."""

import inspect
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft7Validator, Draft202012Validator

from golden import CONTRACTS, example_files
from ims_contracts import MESSAGES, STREAMS, Message
from ims_contracts.compatibility import breaking
from ims_contracts.documents import SERVICES, asyncapi, documents, json_schema
from ims_contracts.write import release, text, write

RELEASES = sorted((CONTRACTS / "released").glob("*.json"))
each_service = pytest.mark.parametrize("service", SERVICES)
each_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=[message.__name__ for message in MESSAGES.values()])


def test_the_committed_documents_are_those_of_the_code() -> None:
    folder = CONTRACTS / "schemas"
    committed = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.json")}
    generated = {path: text(document) for path, document in documents().items()}
    differing = sorted(path for path in committed.keys() | generated.keys() if committed.get(path) != generated.get(path))

    assert not differing, f"differ (run: python -m ims_contracts.write contracts): {differing}"


def test_something_was_released() -> None:
    assert RELEASES


@pytest.mark.parametrize("released", RELEASES, ids=[path.stem for path in RELEASES])
def test_no_message_breaks_who_relies_on_a_release(released: Path) -> None:
    faults = breaking(json.loads(released.read_bytes()), {type: json_schema(message) for type, message in MESSAGES.items()})

    assert not faults, "a breaking change is a new version of the type (contracts/README.md):\n" + "\n".join(faults)


@each_message
def test_a_schema_is_a_draft_2020_12_schema_that_says_where_its_message_is_told(message: type[Message]) -> None:
    schema = json_schema(message)

    Draft202012Validator.check_schema(schema)
    assert schema["description"] == inspect.cleandoc(str(message.__doc__))
    assert schema["x-topic"] == message.topic
    assert schema["x-key"] in schema["required"]
    assert set(schema["x-one-per"]) <= schema["properties"].keys()


@each_message
def test_what_is_written_beside_a_field_is_in_its_schema(message: type[Message]) -> None:
    described = {name for name, field in message.model_fields.items() if field.description}

    assert {name for name, field in json_schema(message)["properties"].items() if "description" in field} == described


def test_the_known_values_of_a_list_that_may_grow_are_in_its_schema() -> None:
    assert "`direct-debit-returned`" in json_schema(MESSAGES["ims.payments.payment-reversed.v1"])["properties"]["reason"]["description"]


@each_service
def test_an_asyncapi_document_is_of_the_shape_of_version_3(service: str) -> None:
    document = asyncapi(service)

    ApplicationSchema.model_validate(document)
    assert document["asyncapi"] == "3.0.0"
    assert document.keys() == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    # What no message refers to would be noise, and what refers to nothing breaks every reader.
    referred = set(_references(document))
    assert all(_at(document, reference) for reference in referred)
    parts = {f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named}
    assert parts <= referred


@each_service
def test_an_asyncapi_document_says_what_the_catalogue_says(service: str) -> None:
    document = asyncapi(service)
    told = {("send", topic) for topic, stream in STREAMS.items() if service in stream.told_by}
    heard = {("receive", topic) for topic, stream in STREAMS.items() if service in stream.heard_by}
    operations = document["operations"].values()

    assert {(operation["action"], _at(document, operation["channel"]["$ref"])["address"]) for operation in operations} == told | heard
    for operation in operations:
        channel = _at(document, operation["channel"]["$ref"])
        types = [_at(document, _at(document, message["$ref"])["$ref"])["name"] for message in operation["messages"]]
        assert types == [message.type for message in STREAMS[channel["address"]].messages]


@each_service
def test_an_asyncapi_document_names_headers_key_and_partitioner(service: str) -> None:
    document = asyncapi(service)

    assert all(channel["x-partitioner"] == "crc32(key) mod partitions" for channel in document["channels"].values())
    for message in document["components"]["messages"].values():
        headers = message["headers"]
        assert headers["properties"]["ce_type"] == {"const": message["name"]}
        assert set(headers["required"]) == {"ce_specversion", "ce_type", "ce_source", "ce_id"}
        assert {"ce_time", "ce_causationid", "ce_correlationid", "traceparent", "content-type"} <= headers["properties"].keys()
        assert MESSAGES[message["name"]].keyed_by in message["bindings"]["kafka"]["key"]["description"]


@each_service
def test_an_example_is_what_the_asyncapi_document_says_of_its_body(service: str) -> None:
    document = asyncapi(service)
    for message in document["components"]["messages"].values():
        # AsyncAPI's own schemas are a superset of draft 7.
        Draft7Validator.check_schema(_at(document, message["payload"]["$ref"]))
        validator = Draft7Validator(message["payload"] | {"components": document["components"]})
        for file in example_files(MESSAGES[message["name"]]):
            validator.validate(json.loads(file.read_bytes()))


def test_every_service_of_the_catalogue_has_an_asyncapi_document() -> None:
    assert {name for stream in STREAMS.values() for name in stream.told_by + stream.heard_by} == SERVICES.keys()


def test_there_is_no_document_of_a_service_that_is_not() -> None:
    with pytest.raises(KeyError):
        asyncapi("ledger")


def test_documents_that_are_no_longer_written_are_removed(tmp_path: Path) -> None:
    stale = tmp_path / "schemas" / "ims.cheques.v1" / "cheque-bounced.v1.json"
    os.makedirs(stale.parent)
    stale.write_text("{}")

    write(tmp_path)

    assert {path.relative_to(tmp_path / "schemas").as_posix() for path in tmp_path.rglob("*.json")} == documents().keys()


def test_what_was_once_released_is_never_written_again(tmp_path: Path) -> None:
    release(tmp_path, "9.9")

    with pytest.raises(FileExistsError):
        release(tmp_path, "9.9")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            else:
                yield from _references(part)


def _at(document: Any, reference: str) -> Any:
    for name in reference.removeprefix("#/").split("/"):
        document = document[name]
    return document
