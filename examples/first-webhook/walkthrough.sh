#!/usr/bin/env bash
# The README's example: from nothing to a verified GitHub webhook, its refusal when bent, and its proof, with curl and
# openssl alone. Needs the program `sealpost` on PATH. tests/system/test_readme.py runs it.
set -euo pipefail
home="$(mktemp -d)"
trap 'kill "${gateway:-}" 2>/dev/null; wait; rm -rf "$home"' EXIT
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)["'"$1"'"])'; }

sealpost init --data-dir "$home/data" >/dev/null
export SEALPOST_CONFIG="$home/data/sealpost.toml"
sed -i 's/^# listen = "127.0.0.1:8420"/listen = "127.0.0.1:0"/' "$SEALPOST_CONFIG"
mkfifo "$home/ready"
sealpost server >"$home/ready" 2>"$home/log" &
gateway=$!
read -r ready <"$home/ready"
url="$(field http <<<"$ready")"

# The operator sets the parties up, over the Unix socket.
organization="$(sealpost api POST /v1/organizations '{"name":"Acme"}' | field id)"
workspace="$(sealpost api POST /v1/workspaces '{"organization_id":"'"$organization"'","name":"Platform"}' | field id)"
integration="$(sealpost api POST /v1/integrations '{"workspace_id":"'"$workspace"'","environment":"test","name":"Deploys",
  "source_system":"github","owner":{"team":"Platform","contact":"platform@example.com"}}' | field id)"
source="$(sealpost api POST /v1/sources '{"integration_id":"'"$integration"'","name":"acme/shop","scheme":"github"}' | field id)"
secret="$(openssl rand -hex 20)"
printf '{"algorithm":"hmac_sha256","secret":"%s","rotate_every_days":90}' "$secret" |
  sealpost api POST "/v1/sources/$source/keys" - >/dev/null
channel="$(sealpost api POST /v1/channels '{"workspace_id":"'"$workspace"'","environment":"test","name":"deploys","kind":"inbox"}' | field id)"
sealpost api POST /v1/subscriptions '{"integration_id":"'"$integration"'","event_types":[],"channel_id":"'"$channel"'"}' >/dev/null
grant="$(sealpost api POST /v1/grants '{"integration_id":"'"$integration"'","scopes":[{"scope":"messages:write","resources":[]}],
  "exceptions":[],"reason":"deploy notices"}' | field id)"
sealpost api POST "/v1/grants/$grant:approve" '{}' >/dev/null
sealpost api POST "/v1/integrations/$integration:rehearse" >/dev/null
sealpost api POST "/v1/integrations/$integration:activate" >/dev/null

# GitHub sends: HMAC-SHA256 over the exact bytes.
body='{"ref":"refs/heads/main","repository":{"full_name":"acme/shop"},"commits":[],"pusher":{"name":"mona"},"before":"0","after":"1"}'
signature="sha256=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)"
send() {
  curl -s "$url/v1/in/$source" -H 'Content-Type: application/json' -H 'X-GitHub-Event: push' \
    -H "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958" -H "X-Hub-Signature-256: $signature" --data-binary "$1"
}
echo "--- a signed push"
accepted="$(send "$body")"
echo "$accepted"
echo "--- one byte changed"
send "${body/main/mane}"; echo
echo "--- the same push again"
send "$body"; echo

echo "--- its proof, checked offline"
message="$(field message_id <<<"$accepted")"
index="$(python3 -c 'import json,sys; print(json.load(sys.stdin)["audit"]["index"])' <<<"$accepted")"
sealpost api GET "/v1/audit/key?organization_id=$organization" | field vkey >"$home/log.vkey"
sealpost api GET "/v1/audit/entries/$index?organization_id=$organization" >"$home/entry.json"
python3 - "$home" <<'PY'
import base64, json, pathlib, sys
home = pathlib.Path(sys.argv[1])
entry = json.loads((home / "entry.json").read_text())
(home / "leaf").write_bytes(base64.b64decode(entry["leaf"]))
PY
sealpost api GET "/v1/audit/entries/$index/proof-file?organization_id=$organization" >"$home/message.tlog-proof"
sealpost audit verify --key "@$home/log.vkey" --proof "$home/message.tlog-proof" --leaf "$home/leaf"
[ -n "$message" ]
