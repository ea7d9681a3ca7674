"""contract/openapi.yaml as a judge: every answer that a client of this package gets is held against the operation it
belongs to (status, media type, headers, schema of the body), and what was seen is remembered."""

import functools
import json
import pathlib
import re

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "patch", "delete", "put")


class ContractBroken(AssertionError):
    """The server said something that its contract does not hold."""


class Contract:
    def __init__(self, document):
        self.document = document
        self.registry = Registry().with_resource("contract:", Resource.from_contents(document, DRAFT202012))
        self.operations = {}  # operationId -> (method, path template, operation)
        self.seen = {}        # operationId -> set of statuses
        self.codes_seen = {}  # code of errors.yaml -> where it stood first
        self.patterns = []
        for path, item in document["paths"].items():
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(path)) + r"\Z")
            for method, operation in item.items():
                self.operations[operation["operationId"]] = (method.upper(), path, operation)
                self.patterns.append((method.upper(), pattern, operation))

    def find(self, method, path):
        for known, pattern, operation in self.patterns:
            if known == method and pattern.match(path):
                return operation
        return None

    @functools.lru_cache(maxsize=None)
    def validator(self, reference):
        return Draft202012Validator({"$ref": "contract:" + reference}, registry=self.registry)

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def judge(self, method, path, status, headers, body):
        """Raises ContractBroken; remembers operation and status."""
        operation = self.find(method, path)
        where = f"{method} {path} -> {status}"
        if "json" in headers.get("content-type", ""):
            self.note_codes(where, json.loads(body))
        if operation is None:
            if status not in (400, 401, 404, 405):
                raise ContractBroken(f"{where}: no operation of the contract, and no refusal of the path")
            return self.judge_problem(where, status, headers, body)
        self.seen.setdefault(operation["operationId"], set()).add(status)
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get("default")
        if response is None:
            raise ContractBroken(f"{where}: a status that the contract does not have")
        if str(status) not in responses and status < 400:
            raise ContractBroken(f"{where}: a success that the contract does not have")
        response = self.resolve(response)
        for name, header in response.get("headers", {}).items():
            self.judge_header(where, name, self.resolve(header), headers)
        self.judge_body(where, response.get("content"), headers, body)
        if status >= 400 and "problem+json" in headers.get("content-type", ""):
            self.judge_problem(where, status, headers, body)
        return None

    def judge_header(self, where, name, header, headers):
        value = headers.get(name.lower())
        if value is None:
            if header.get("required"):
                raise ContractBroken(f"{where}: header {name} is missing")
            return
        schema = self.resolve(header["schema"])
        typed = int(value) if schema.get("type") == "integer" else value
        errors = list(Draft202012Validator(schema).iter_errors(typed))
        if errors:
            raise ContractBroken(f"{where}: header {name}: {errors[0].message}")

    def judge_body(self, where, content, headers, body):
        if content is None:
            if body:
                raise ContractBroken(f"{where}: a body where the contract has none")
            return
        declared = headers.get("content-type", "")
        for media, entry in content.items():
            if declared.split(";")[0].strip() == media.split(";")[0].strip():
                break
        else:
            raise ContractBroken(f"{where}: media type {declared!r} is none of {list(content)}")
        value = json.loads(body) if "json" in media else body.decode()
        reference = entry["schema"]["$ref"]
        errors = sorted(self.validator(reference).iter_errors(value), key=lambda e: len(e.path))
        if errors:
            told = "; ".join(f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in errors[:4])
            raise ContractBroken(f"{where}: against {reference}: {told}")

    def judge_octets(self, octets):
        """A refusal as it came over a bare socket: no operation, but a problem like any other. Gives the problem."""
        head, _, body = octets.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status = int(lines[0].split(" ")[1])
        self.judge_problem(lines[0], status, headers, body)
        problem = json.loads(body)
        self.note_codes(lines[0], problem)
        return problem, headers

    def note_codes(self, where, node):
        """Codes stand in problems, in the results of a batch, in attempts and in refusals, and in the notice of an answer."""
        if isinstance(node, dict):
            for member in ("code", "notice"):
                if isinstance(node.get(member), str) and node[member] in codes():
                    self.codes_seen.setdefault(node[member], where)
            node = list(node.values())
        for one in node if isinstance(node, list) else ():
            self.note_codes(where, one)

    def judge_problem(self, where, status, headers, body):
        if headers.get("content-type", "").split(";")[0] != "application/problem+json":
            raise ContractBroken(f"{where}: a refusal that is no problem (RFC 9457): {headers.get('content-type')}")
        problem = json.loads(body)
        errors = list(self.validator("#/components/schemas/Problem").iter_errors(problem))
        if errors:
            raise ContractBroken(f"{where}: {errors[0].message}")
        if problem["status"] != status:
            raise ContractBroken(f"{where}: the body says status {problem['status']}")
        code = codes().get(problem["code"])
        if code is None:
            raise ContractBroken(f"{where}: {problem['code']} is no code of errors.yaml")
        if code["status"] != status:
            raise ContractBroken(f"{where}: {problem['code']} belongs to status {code['status']}")
        if "Retry-After" in code["action"] and not re.fullmatch(r"[1-9][0-9]{0,4}", headers.get("retry-after", "")):
            raise ContractBroken(f"{where}: {problem['code']} promises Retry-After, and it is {headers.get('retry-after')!r}")


@functools.cache
def codes():
    entries = yaml.safe_load((ROOT / "contract/errors.yaml").read_text(encoding="utf-8"))["codes"]
    return {entry["code"]: entry for entry in entries}


@functools.cache
def contract():
    """The one of this process, so that what all clients saw is counted together."""
    return Contract(yaml.safe_load((ROOT / "contract/openapi.yaml").read_text(encoding="utf-8")))
