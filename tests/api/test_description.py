from collections.abc import Iterator
from typing import Any, get_args

import pytest
from django.test import Client

from dashboard.errors import ErrorCode
from tests.api.conftest import body_of

CALLS = {
    ("get", "/api/v1/tasks"),
    ("post", "/api/v1/tasks"),
    ("get", "/api/v1/tasks/{task_id}"),
    ("delete", "/api/v1/tasks/{task_id}"),
    ("post", "/api/v1/tasks/{task_id}/poll"),
    ("post", "/api/v1/tasks/{task_id}/cancel"),
    ("post", "/api/v1/generations"),
    ("post", "/api/v1/inputs"),
    ("get", "/api/v1/tasks/{task_id}/shares"),
    ("post", "/api/v1/tasks/{task_id}/shares"),
    ("delete", "/api/v1/shares/{share_id}"),
    ("get", "/api/v1/accounts"),
}


@pytest.fixture
def description() -> Any:
    return body_of(Client().get("/api/v1/openapi.json"))


def operations(description: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_it_describes_every_call(description: Any) -> None:
    assert {(method, path) for method, path, _ in operations(description)} == CALLS


def test_every_call_wants_a_bearer_token_and_says_how_it_fails(description: Any) -> None:
    schemes = description["components"]["securitySchemes"]
    for method, path, operation in operations(description):
        (wanted,) = operation["security"]
        assert schemes[next(iter(wanted))] == {"type": "http", "scheme": "bearer"}
        errors = {status for status in operation["responses"] if status >= "400"}
        assert {"400", "401", "500"} <= errors
        assert "422" not in errors
        assert ("403" in errors) == (method != "get")
        assert ("404" in errors) == ("_id}" in path)
        for status in errors:
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorJson"}


def test_every_field_and_parameter_tells_its_meaning(description: Any) -> None:
    fields = [
        (f"{name}.{field}", schema)
        for name, one in description["components"]["schemas"].items()
        for field, schema in one["properties"].items()
    ]
    for method, path, operation in operations(description):
        assert operation["summary"]
        assert operation["description"]
        fields += [(one["name"], one) for one in operation["parameters"] if one["in"] == "query"]
        body = (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        fields += [(f"{method} {path} {name}", one) for name, one in body.get("properties", {}).items()]
    assert [name for name, schema in fields if not schema.keys() & {"description", "$ref"}] == []


def test_every_reference_leads_somewhere(description: Any) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    names = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    assert set(references(description)) <= names


def test_the_error_codes_are_the_contracts(description: Any) -> None:
    contract = {
        "bad_request", "invalid_field", "unauthorized", "forbidden", "not_found", "conflict", "too_large",
        "rate_limited",
    }  # fmt: skip
    assert set(get_args(ErrorCode)) == contract | {"internal"}
    detail = description["components"]["schemas"]["ErrorDetail"]
    assert set(detail["properties"]["code"]["enum"]) == contract | {"internal"}
    assert set(detail["required"]) == {"code", "message"}
