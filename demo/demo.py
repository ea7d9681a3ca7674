"""./dev demo: starts a gateway on a scratch directory and shows the whole way of a message. See README.md here."""

import argparse
import pathlib
import shlex
import signal
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "demo"))

from blackbox.gateway import Gateway  # noqa: E402
from blackbox.receiver import Receiver  # noqa: E402
from scenes import SCENES, Stage  # noqa: E402
from telling import Telling  # noqa: E402


def what_next(stage):
    gateway, endpoint = stage.gateway, stage.endpoint
    command = f"{shlex.quote(str(gateway.binary))} api GET"
    config = f"--config {shlex.quote(str(gateway.config))}"
    return f"""
The gateway stays up. Try, in another terminal:

  {command} {stage.proven_receipt} {config}
      what became of one message: its stages, attempts and audit positions
  {command} /v1/integrations/{stage.integration.id} {config}
      the integration, with its last success and failure
  {command} '/v1/audit/checkpoint?organization_id={stage.organization.id}' {config}
      the signed checkpoint of its audit log
  {command} /v1/endpoints/{endpoint.id}/keys {config}
      the receiver's signing keys, old and new
  {shlex.quote(str(gateway.binary))} doctor {config}
  curl {gateway.metrics_url}

Its files are in {gateway.home}. Ctrl-C ends it and removes them."""


def stay_up(text):
    """Tells `text`, and waits to be interrupted."""
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    print(text, flush=True)
    while not end.wait(0.5):
        pass


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the story")
    parser.add_argument("--program", type=pathlib.Path, help="another program than the built one")
    options = parser.parse_args()
    telling = Telling()
    with Receiver() as receiver, Gateway(plain_http=[receiver.address], binary=options.program) as gateway:
        telling.say(f"Starting {gateway.binary}")
        gateway.start()
        telling.say(f"It answers at {gateway.http_url}; its scratch directory is {gateway.home}")
        stage = Stage(gateway, receiver)
        for scene in SCENES:
            telling.scene(scene, stage)
        good = telling.table()
        if not options.once:
            stay_up(what_next(stage))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
