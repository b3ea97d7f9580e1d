"""Checks the fake's calls and answers against Twilio's published description of its API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.fakes.twilio import Call

SPEC = Path(__file__).parents[3] / "shared" / "twilio" / "messages-openapi.json"

ORIGIN = "https://api.twilio.com"
LIST_PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def load_openapi() -> OpenAPI:
    """Twilio's description, made stricter: a field that it does not name is a mistake of ours."""
    if not SPEC.is_file():
        pytest.skip(f"Twilio's description is not here: ../{SPEC.relative_to(SPEC.parents[2])}")
    spec = json.loads(SPEC.read_text())
    _close_objects(spec["paths"])
    _close_objects(spec["components"])
    return OpenAPI.from_dict(spec)


def check_call(openapi: OpenAPI, call: Call) -> None:
    """Raise where the request, or a success that answered it, is not as described."""
    _check_names(openapi, call)
    request = MockRequest(
        ORIGIN,
        call.method.lower(),
        call.path,
        args=call.query,
        headers=call.headers,
        data=call.body or None,
        content_type="application/x-www-form-urlencoded",
    )
    openapi.validate_request(request)
    if call.status in (200, 201):
        openapi.validate_response(
            request, MockResponse(call.answer, status_code=call.status, content_type=call.content_type)
        )


def _check_names(openapi: OpenAPI, call: Call) -> None:
    """Twilio ignores a parameter that it does not know, and so does openapi-core: a misspelt one would go unseen."""
    described = (openapi.spec / "paths" / LIST_PATH).read_value()
    form = described["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    known = {parameter["name"] for parameter in described["get"]["parameters"]} | set(form["properties"])
    unknown = (call.form.keys() | call.query.keys()) - known
    if unknown:
        raise OpenAPIError(f"Twilio knows no {sorted(unknown)}.")


def _close_objects(node: Any) -> None:
    """Forbid unnamed properties wherever a schema names some."""
    if isinstance(node, list):
        for item in node:
            _close_objects(item)
    elif isinstance(node, dict):
        if node.get("type") == "object" and isinstance(node.get("properties"), dict):
            node["additionalProperties"] = False
        for value in node.values():
            _close_objects(value)
