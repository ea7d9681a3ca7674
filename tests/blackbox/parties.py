"""Sets parties up through the API: what an operator and an integration developer would do by hand."""

import itertools

from . import senders

NUMBERS = itertools.count(1)


def name(kind):
    return f"{kind} {next(NUMBERS)}"


class Organization:
    def __init__(self, gateway, title=None):
        self.gateway = gateway
        self.operator = gateway.operator
        self.json = self.operator.post("/v1/organizations", {"name": title or name("Organization")}).ok()
        self.id = self.json["id"]
        self.workspace = self.operator.post("/v1/workspaces",
                                            {"organization_id": self.id, "name": name("Workspace")}).ok()

    def channel(self, environment="test"):
        return self.operator.post("/v1/channels", {"workspace_id": self.workspace["id"], "environment": environment,
                                                   "name": name("Channel"), "kind": "inbox"}).ok()

    def integration(self, environment="test", **more):
        return Integration(self, environment, **more)

    def entry(self, index):
        return self.operator.get(f"/v1/audit/entries/{index}", organization_id=self.id).ok()


class Credential:
    def __init__(self, gateway, created):
        self.gateway = gateway
        self.json = created["credential"]
        self.id = self.json["client_id"]
        self.secret = created["client_secret"]

    def request(self, scope=None):
        form = {"grant_type": "client_credentials", "client_id": self.id, "client_secret": self.secret}
        if scope is not None:
            form["scope"] = scope
        return self.gateway.http.post("/v1/oauth/token", form=form)

    def token(self, scope=None):
        return self.request(scope).ok()["access_token"]

    def client(self, scope=None):
        return self.gateway.http.with_token(self.token(scope))


class Source:
    def __init__(self, integration, sender, **settings):
        self.integration, self.sender = integration, sender
        self.gateway = integration.gateway
        self.json = integration.operator.post("/v1/sources", {
            "integration_id": integration.id, "name": name("Source"), "scheme": sender.scheme,
            **sender.source_settings, **settings}).ok()
        self.id = self.json["id"]
        self.path = self.json["inlet_path"]
        self.key = self.add_key(sender)

    def add_key(self, sender):
        return self.integration.operator.post(f"/v1/sources/{self.id}/keys", sender.key_request()).ok()["key"]

    def send(self, body, headers, content_type="application/json"):
        return self.gateway.http.post(self.path, content=body, headers={"Content-Type": content_type, **headers})

    def post(self, number=0, *, identity=None, at=None, event=None, sender=None, **make):
        """A good request, unless told otherwise."""
        sender = sender or self.sender
        more = {"event": event} if event else {}
        body = sender.body(number, identity=identity, **more)
        return self.send(body, sender.sign(body, identity=identity, at=at, **more), **make)


class Endpoint:
    def __init__(self, integration, inbox=None, url=None, schedule=(0, 0, 0), **settings):
        self.inbox = inbox
        self.integration = integration
        created = integration.operator.post("/v1/endpoints", {
            "integration_id": integration.id, "name": name("Endpoint"), "url": url or inbox.url,
            "retry_schedule_seconds": list(schedule), **settings}).ok()
        self.json, self.key = created["endpoint"], created["key"]
        self.id = self.json["id"]
        self.secret = created.get("secret")
        if inbox is not None and self.secret:
            inbox.secrets.append(self.secret)

    @property
    def path(self):
        return f"/v1/endpoints/{self.id}"


class Integration:
    OWNER = {"team": "Payments", "contact": "payments@example.test"}

    def __init__(self, organization, environment="test", **more):
        self.organization, self.environment = organization, environment
        self.gateway, self.operator = organization.gateway, organization.operator
        self.json = self.operator.post("/v1/integrations", {
            "workspace_id": organization.workspace["id"], "environment": environment, "name": name("Integration"),
            "source_system": "shop", "owner": self.OWNER, **more}).ok()
        self.id = self.json["id"]
        self.path = f"/v1/integrations/{self.id}"
        self.grant_json = None
        self.first_source = None

    def source(self, sender=None, **settings):
        source = Source(self, sender or senders.Standard(), **settings)
        self.first_source = self.first_source or source
        return source

    def endpoint(self, inbox=None, **settings):
        return Endpoint(self, inbox, **settings)

    def subscribe(self, *, endpoint=None, channel=None, event_types=()):
        to = {"endpoint_id": endpoint.id} if endpoint else {"channel_id": channel["id"]}
        return self.operator.post("/v1/subscriptions", {"integration_id": self.id, "event_types": list(event_types),
                                                        **to}).ok()

    def grant(self, scopes=("messages:write", "messages:read"), narrowed=None, exceptions=(), approve=True):
        asked = [{"scope": scope, "resources": list((narrowed or {}).get(scope, ()))} for scope in scopes]
        made = self.operator.post("/v1/grants", {"integration_id": self.id, "scopes": asked, "reason": "for the tests",
                                                 "exceptions": list(exceptions)}).ok()
        if approve:
            made = self.operator.post(f"/v1/grants/{made['id']}:approve", {}).ok()
        self.grant_json = made
        return made

    def credential(self, **more):
        created = self.operator.post("/v1/credentials", {"integration_id": self.id, "name": name("Credential"), **more})
        return Credential(self.gateway, created.ok())

    def rehearse(self):
        done = self.operator.post(f"{self.path}:rehearse").ok()
        assert done["passed"], done
        return done

    def activate(self):
        """All that activation demands and is not there yet, and the step."""
        if self.grant_json is None:
            self.grant()
        if self.first_source is None and not self.has_keys():
            self.source()
        self.rehearse()
        self.json = self.operator.post(f"{self.path}:activate").ok()
        return self

    def has_keys(self):
        return bool(self.operator.get("/v1/endpoints", integration_id=self.id).ok()["items"])

    def act(self, step, reason="for the tests"):
        return self.operator.post(f"{self.path}:{step}", {"reason": reason})

    def state(self):
        return self.operator.get(self.path).ok()["state"]
