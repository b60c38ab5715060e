"""Hooks of schemathesis: requests that only guess ids find nothing but 404, so half of them get real ones."""

import json
import os
import zlib

import schemathesis
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

WORLD = json.loads(os.environ["KILO_FUZZ_WORLD"])


def chosen(text, out_of):
    """The same request gets the same choice, so that a finding can be repeated."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % out_of


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters:
        return path_parameters
    known = {}
    for name, value in path_parameters.items():
        ids = WORLD["ids"].get(name, [])
        text = repr(sorted(path_parameters.items(), key=str))
        known[name] = ids[chosen(text, len(ids))] if ids and chosen(text + "?", 4) else value
    return known


@schemathesis.hook
def map_query(context, query):
    """Effects stay in the temporary project: a directory of chance may be any folder of this machine."""
    query = dict(query or {})
    if isinstance(query.get("directory"), str) and query["directory"].lstrip().startswith(("/", "~", "\\")):
        query["directory"] = WORLD["directory"]
    return query


@schemathesis.hook
def map_headers(context, headers):
    """The credentials are schemathesis' own; here only the folder is named."""
    headers = dict(headers or {})
    headers["x-kilo-directory"] = WORLD["directory"]
    return headers


# Names of what the caller got wrong, or of what is not set up, that clients of this API know as 500 (contract).
WORDED = WORLD["worded"]


@schemathesis.check
def unexpected_failure(context, response, case):
    """No 5xx but the ones that the contract wants, whose text is for the user; a `ref` means that nobody expected it."""
    if response.status_code < 500:
        return
    if response.status_code == 500 and case.operation.definition.raw.get("operationId") in WORDED:
        body = response.json()
        if body.get("name") == "UnknownError" and "ref" not in body.get("data", {}):
            return
    raise AssertionError(f"{response.status_code} from {case.operation.label}: {response.text[:500]}")


def challenged(response):
    """Answers to requests without credentials are made before any operation is looked at: empty, with a challenge."""
    return response.status_code == 401 and "www-authenticate" in response.headers


@schemathesis.check
def refused_without_credentials(context, response, case):
    if challenged(response) and (response.content or response.headers.get("content-length") != ["0"]):
        raise AssertionError(f"{case.operation.label} tells strangers something: {response.text[:500]}")


@schemathesis.check
def answer_as_documented(context, response, case):
    """Content type and schema, of everything that an operation answers itself: some answer 401, too, with JSON."""
    if challenged(response):
        return
    content_type_conformance(context, response, case)
    response_schema_conformance(context, response, case)
