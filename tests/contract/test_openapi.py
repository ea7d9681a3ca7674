"""The shape of contract/openapi.yaml: regular, closed, complete in itself. That the server obeys it is tested in
tests/system; here a mistake in the document is found without a server. Each rule is shown to bite."""

import copy
import functools
import pathlib
import re
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import generate_errors  # noqa: E402

METHODS = ("get", "post", "patch", "delete", "put")
CODES = generate_errors.parse((ROOT / "contract/errors.yaml").read_text(encoding="utf-8"))
NO_IDEMPOTENCY_KEY = {
    "token_create": "RFC 6749 knows none, and a repeat only gives another token that ends soon",
    "operator_token_create": "a repeat must not show a token twice, and another one ends soon",
    "webhook_receive": "the sender's signed id, or the octets that it signed, say what is a repeat",
}


@functools.cache
def parsed():
    return yaml.safe_load((ROOT / "contract/openapi.yaml").read_text(encoding="utf-8"))


def load():
    return copy.deepcopy(parsed())


def walk(node, path=""):
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}/{index}")


def resolve(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def problems_with(document):
    used = set()
    for path, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            try:
                resolve(document, node["$ref"])
                used.add(node["$ref"])
            except KeyError:
                yield f"{path}: {node['$ref']} leads nowhere"
    for kind, entries in document["components"].items():
        for name in entries:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name}: nobody uses it"
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object":
            if schema.get("unevaluatedProperties") is not False:
                yield f"schemas/{name}: must be closed by unevaluatedProperties: false"
            if set(schema.get("required", [])) - set(schema["properties"]):
                yield f"schemas/{name}: requires what it does not have"
        for path, node in walk(schema):
            if path and isinstance(node, dict) and node.get("type") == "object":
                yield f"schemas/{name}{path}: an anonymous object; give it a name"
    yield from problems_with_operations(document)
    yield from problems_with_defaults(document)


def request_schemas(document, name, found):
    """Whatever a request body may hold, by name."""
    if name not in found:
        found.add(name)
        for _, node in walk(document["components"]["schemas"][name]):
            if isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/components/schemas/"):
                request_schemas(document, node["$ref"].rpartition("/")[2], found)
    return found


def problems_with_defaults(document):
    """What may be left out says what it then means: a default, or words. A patch leaves as it is what it does not name."""
    for path, method, operation in operations(document):
        if method == "patch":
            continue
        for _, media in operation.get("requestBody", {}).get("content", {}).items():
            names = set()
            request_schemas(document, media["schema"].get("$ref", "").rpartition("/")[2], names)
            for name in sorted(names):
                schema = document["components"]["schemas"][name]
                for member, value in schema.get("properties", {}).items():
                    told = "default" in value or "eft out" in value.get("description", "")
                    one_of = any(member in choice.get("required", []) for choice in schema.get("oneOf", []))
                    if member not in schema.get("required", []) and not told and not one_of:
                        yield f"{method} {path}: {name}.{member} does not say what it means to leave it out"


def problems_with_operations(document):
    scopes = set(document["components"]["schemas"]["ScopeName"]["enum"])
    tags = {tag["name"] for tag in document["tags"]}
    statuses = {str(entry["status"]) for entry in CODES}
    seen = set()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        if method not in METHODS:
            yield f"{where}: no such method"
        if not re.fullmatch(r"[a-z]+(_[a-z]+)+", operation.get("operationId", "")):
            yield f"{where}: operationId is resource_verb"
        if operation["operationId"] in seen:
            yield f"{where}: operationId stands twice"
        seen.add(operation["operationId"])
        if set(operation["tags"]) - tags:
            yield f"{where}: tag not declared"
        callers = operation.get("x-callers", [])
        if not callers or set(callers) - {"anonymous", "machine", "operator"}:
            yield f"{where}: x-callers names anonymous, machine, operator"
        if set(operation.get("x-scopes", ["?"])) - scopes:
            yield f"{where}: x-scopes names scopes"
        if ("machine" in callers) != bool(operation["x-scopes"]):
            yield f"{where}: a machine needs a scope, and nobody else does"
        if ("anonymous" in callers) != (operation.get("security") == []):
            yield f"{where}: security says who is anonymous"
        parameters = [resolve(document, p["$ref"]) for p in operation.get("parameters", [])]
        inside = {p["name"] for p in parameters if p["in"] == "path"}
        if inside != set(re.findall(r"\{(\w+)\}", path)):
            yield f"{where}: path parameters differ from the path"
        names = {p["name"] for p in parameters}
        if method in ("patch", "delete") and not {"If-Match"} <= names:
            yield f"{where}: a change needs If-Match"
        if method == "post" and ("Idempotency-Key" in names) == (operation["operationId"] in NO_IDEMPOTENCY_KEY):
            yield f"{where}: a POST takes an Idempotency-Key, or is named with its reason"
        if operation["operationId"].endswith("_list") and not {"limit", "cursor"} <= names:
            yield f"{where}: a list is paged"
        yield from problems_with_responses(where, path, operation["responses"], statuses)


def problems_with_responses(where, path, responses, statuses):
    health = path in ("/healthz", "/readyz")
    if not health and responses.get("default") != {"$ref": "#/components/responses/Problem"}:
        yield f"{where}: default is a problem"
    if not any(status.startswith("2") for status in responses):
        yield f"{where}: no success"
    for status, response in responses.items():
        if status.startswith(("4", "5")) and not health:
            if response != {"$ref": "#/components/responses/Problem"}:
                yield f"{where}: {status} is a problem"
            if status not in statuses:
                yield f"{where}: no code of errors.yaml has status {status}"
        elif status != "default" and "Request-Id" not in response.get("headers", {}):
            yield f"{where}: {status} lacks Request-Id"


def test_the_document_is_in_order():
    assert list(problems_with(load())) == []


def test_it_covers_the_main_job():
    ids = {operation["operationId"] for _, _, operation in operations(load())}
    for promised in ("webhook_receive", "message_create", "message_batch_create", "message_get", "token_create",
                     "delivery_redeliver", "channel_message_list", "refusal_get", "audit_checkpoint_get",
                     "audit_inclusion_proof_get", "audit_consistency_proof_get", "audit_proof_file_get",
                     "integration_rehearse", "integration_activate", "grant_approve", "endpoint_key_rotate"):
        assert promised in ids


def test_failure_classes_and_scopes_agree_with_the_other_contracts():
    schemas = load()["components"]["schemas"]
    assert set(schemas["FailureClass"]["enum"]) == set(generate_errors.CLASSES)
    scopes = (ROOT / "server/domain/model/scopes.cc").read_text(encoding="utf-8")
    assert {f'"{name}"' for name in schemas["ScopeName"]["enum"]} <= set(re.findall(r'"[a-z:]+"', scopes))


def test_the_type_of_every_problem_has_its_place():
    """`type` is /docs/errors.md#<code>."""
    page = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    assert [entry["code"] for entry in CODES if page.count(f'<a id="{entry["code"]}"></a>\n') != 1] == []


def test_what_takes_no_idempotency_key_exists():
    assert NO_IDEMPOTENCY_KEY.keys() <= {operation["operationId"] for _, _, operation in operations(load())}


def first(document):
    return document["paths"]["/v1/sources"]["post"]


PLANTED = {
    "leads nowhere": lambda d: d["components"]["schemas"].pop("Source"),
    "nobody uses it": lambda d: d["components"]["schemas"].update(Lonely={"type": "string"}),
    "must be closed": lambda d: d["components"]["schemas"]["Source"].pop("unevaluatedProperties"),
    "requires what it does not have": lambda d: d["components"]["schemas"]["Source"]["required"].append("colour"),
    "an anonymous object": lambda d: d["components"]["schemas"]["Source"]["properties"].update(x={"type": "object"}),
    "operationId is resource_verb": lambda d: first(d).update(operationId="createSource"),
    "operationId stands twice": lambda d: first(d).update(operationId="source_list"),
    "tag not declared": lambda d: first(d).update(tags=["Sauce"]),
    "x-callers names": lambda d: first(d).update({"x-callers": ["everybody"]}),
    "x-scopes names": lambda d: first(d).update({"x-scopes": ["sources:*"]}),
    "a machine needs a scope": lambda d: first(d).update({"x-scopes": []}),
    "security says": lambda d: first(d).update(security=[]),
    "path parameters differ": lambda d: d["paths"]["/v1/sources/{source_id}"]["get"].pop("parameters"),
    "a change needs If-Match": lambda d: d["paths"]["/v1/sources/{source_id}"]["patch"]["parameters"].pop(),
    "a POST takes an Idempotency-Key": lambda d: first(d).pop("parameters"),
    "is named with its reason": lambda d: d["paths"]["/v1/oauth/token"]["post"].update(
        parameters=first(d)["parameters"]),
    "does not say what it means": lambda d: d["components"]["schemas"]["SourceCreate"]["properties"]["window_seconds"].pop("default"),
    "a list is paged": lambda d: d["paths"]["/v1/sources"]["get"]["parameters"].pop(0),
    "default is a problem": lambda d: first(d)["responses"].pop("default"),
    "no success": lambda d: first(d)["responses"].pop("201"),
    "404 is a problem": lambda d: first(d)["responses"].update({"404": {"description": "?"}}),
    "no code of errors.yaml": lambda d: first(d)["responses"].update({"418": first(d)["responses"]["409"]}),
    "lacks Request-Id": lambda d: first(d)["responses"]["201"].pop("headers"),
}


@pytest.mark.parametrize("message", PLANTED)
def test_each_rule_bites(message):
    document = load()
    PLANTED[message](document)
    assert any(message in problem for problem in problems_with(document))
