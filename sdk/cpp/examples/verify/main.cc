// What a receiver does with each request: verify the raw body, handle the event once, answer. The requests
// are signed here with the SDK's own Signer, so that the program runs by itself.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "sealpost/replay.h"
#include "sealpost/secret.h"
#include "sealpost/sign.h"
#include "sealpost/verify.h"

namespace sdk = sealpost::sdk;

namespace {

// A real receiver reads it from a file or a secret store; this one protects nothing.
sdk::Secret example_secret() {
  return sdk::Secret::copy_of(
      "whsec_ZXhhbXBsZSBzZWNyZXQgb2YgMzIgb2N0ZXRzLi4uLi4=");  // not-a-secret: the published test vector
}

void receive(const sdk::Verifier& verifier, sdk::ReplayStore& store, const std::string& body,
             const std::vector<sdk::Header>& headers) {
  auto outcome = verifier.verify_once(body, headers, store);
  if (!outcome) {
    std::cout << "refused: " << sdk::name(outcome.error().code) << ", answer "
              << sdk::suggested_status(outcome.error()) << "\n";
    return;
  }
  const sdk::Event& event = outcome->event();
  std::cout << "accepted " << event.id << " of type " << event.type << ", key " << event.key_id << "\n";
  outcome->commit();  // only now: had the work failed, the sender's retry would be welcome
}

}  // namespace

int main() {
  std::vector<sdk::Key> keys;
  keys.push_back({.id = "2026-01", .material = example_secret()});
  const auto verifier = sdk::Verifier::create(std::move(keys), {.environment = "test"});
  std::vector<sdk::Secret> signing;
  signing.push_back(example_secret());
  const auto signer = sdk::Signer::create(signing);
  if (!verifier || !signer) return 1;

  const std::string body = R"({"type":"invoice.paid","environment":"test","data":{"total":1200}})";
  const auto signed_headers = signer->sign("msg_1", body);
  if (!signed_headers) return 1;
  const std::vector<sdk::Header> headers{{"webhook-id", signed_headers->id},
                                         {"webhook-timestamp", signed_headers->timestamp},
                                         {"webhook-signature", signed_headers->signature}};
  sdk::MemoryReplayStore store;
  receive(*verifier, store, body, headers);
  receive(*verifier, store, body + " ", headers);
  receive(*verifier, store, body, headers);
  return 0;
}
