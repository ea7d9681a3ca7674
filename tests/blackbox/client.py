"""Calls to a gateway, each answer judged by the contract. Three callers: anonymous or with a token over HTTP, the
operator over the socket."""

import json

import httpx

from .contract import contract


class Refused(AssertionError):
    """A refusal where a success was expected."""

    def __init__(self, answer):
        super().__init__(f"{answer.method} {answer.path} -> {answer.status} {answer.text[:2000]}")
        self.answer = answer


class Answer:
    def __init__(self, method, path, response):
        self.method, self.path = method, path
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.raw = response.content
        contract().judge(method, path.split("?")[0], self.status, self.headers, self.raw)

    @property
    def text(self):
        return self.raw.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.json["code"] if self.status >= 400 else None

    @property
    def etag(self):
        return self.headers["etag"]

    @property
    def request_id(self):
        return self.headers["request-id"]

    def ok(self):
        if self.status >= 300:
            raise Refused(self)
        return self.json if self.raw and "json" in self.headers["content-type"] else self.text

    def refused(self, code):
        """The problem, which must have this code."""
        assert self.status >= 400, f"{self.method} {self.path} -> {self.status}, expected {code}: {self.text[:500]}"
        assert self.code == code, f"{self.method} {self.path}: expected {code}, got {self.text[:1000]}"
        return self.json


class Client:
    def __init__(self, base_url, *, socket=None, token=None, timeout=30.0):
        self.base_url, self.socket, self.token = base_url, socket, token
        transport = httpx.HTTPTransport(uds=str(socket)) if socket else httpx.HTTPTransport()
        self.http = httpx.Client(base_url=base_url, transport=transport, timeout=timeout, trust_env=False)

    def with_token(self, token):
        return Client(self.base_url, token=token)

    def close(self):
        self.http.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, path, body=None, *, headers=None, content=None, form=None, params=None):
        """`body` goes as JSON, `content` as it is, `form` as a form."""
        sent = dict(headers or {})
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        extra = {}
        if body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        if content is not None:
            extra["content"] = content
        if form is not None:
            extra["data"] = form
        if params is not None:
            extra["params"] = params
        response = self.http.request(method, path, headers=sent, **extra)
        return Answer(method, path, response)

    def get(self, path, **params):
        return self.call("GET", path, params=params or None)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def change(self, path, body):
        """PATCH of the present version."""
        etag = self.call("GET", path).etag
        return self.call("PATCH", path, body, headers={"If-Match": etag})

    def remove(self, path):
        etag = self.call("GET", path).etag
        return self.call("DELETE", path, headers={"If-Match": etag})

    def pages(self, path, **params):
        """All items of a list, page by page."""
        cursor = None
        while True:
            page = self.call("GET", path, params={**params, **({"cursor": cursor} if cursor else {})}).ok()
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
