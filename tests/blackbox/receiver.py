"""A receiver of webhooks, as a customer would write it: an HTTP server that verifies with the published
`standardwebhooks` library. Each path is an inbox with a script of answers; after the script it says 204."""

import http.server
import socket
import threading

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from .waiting import until


class Seen:
    def __init__(self, headers, body, verified_by, answered):
        self.headers, self.body, self.answered = headers, body, answered
        self.verified_by = verified_by  # the secrets under which the published library accepts it

    @property
    def id(self):
        return self.headers.get("webhook-id")


class Inbox:
    def __init__(self, name, url):
        self.name, self.url = name, url
        self.secrets = []
        self.script = []      # (status, headers) or a threading.Event to wait for before 204
        self.default = (204, {})
        self.seen = []
        self.lock = threading.Lock()

    def expect(self, count, seconds=20.0):
        """Waits until so many requests came, and gives them."""
        until(lambda: len(self.seen) >= count, f"{count} requests at {self.name} (there are {len(self.seen)})", seconds)
        return list(self.seen)

    def answer(self, headers, body):
        with self.lock:
            secrets = list(self.secrets)
        verified_by = [secret for secret in secrets if accepts(secret, headers, body)]
        with self.lock:
            step = self.script.pop(0) if self.script else self.default
        if isinstance(step, threading.Event):
            step.wait(30)
            step = (204, {})
        if secrets and not verified_by:
            step = (401, {})
        with self.lock:
            self.seen.append(Seen(headers, body, verified_by, step[0]))
        return step


def accepts(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except (WebhookVerificationError, ValueError):
        return False


class Receiver:
    """`listener`: a socket that listens already, in place of one on 127.0.0.1. `tls`: the context of a server."""

    def __init__(self, listener=None, tls=None):
        inboxes = self.inboxes = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                inbox = inboxes.get(self.path.split("?")[0])
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, more = inbox.answer(headers, body) if inbox else (404, {})
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                connection, peer = super().get_request()
                if tls:  # the handshake comes with the first read, in the connection's own thread
                    connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, peer

            def handle_error(self, *_):
                pass

        listener = listener or socket.create_server(("127.0.0.1", 0), backlog=256)
        self.server = Server(listener.getsockname(), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listener
        self.address = "%s:%d" % listener.getsockname()
        self.scheme = "https" if tls else "http"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def inbox(self, name):
        path = f"/{name}"
        self.inboxes[path] = Inbox(name, f"{self.scheme}://{self.address}{path}")
        return self.inboxes[path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
