// Sends one message and tells where its receipt is: send_example TYPE JSON. Where to and as whom stands in
// SEALPOST_URL, SEALPOST_CLIENT_ID and SEALPOST_CLIENT_SECRET_FILE (and SEALPOST_CA_FILE for a private CA).
#include <iostream>

#include "sealpost/client.h"

namespace sdk = sealpost::sdk;

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: send_example TYPE JSON\n";
    return 2;
  }
  const auto client = sdk::Client::create();
  if (!client) {
    std::cerr << sdk::to_string(client.error()) << "\n";
    return 2;
  }
  const auto accepted = client->send({.type = arguments[1], .data = arguments[2]});
  if (!accepted) {
    std::cerr << sdk::to_string(accepted.error()) << "\n";
    // The same key again can't make a second message.
    if (accepted.error().retryable) std::cerr << "repeat with " << accepted.error().idempotency_key << "\n";
    return 1;
  }
  std::cout << accepted->message_id << (accepted->duplicate ? " accepted before" : " accepted")
            << ", receipt at " << accepted->receipt << "\n";
  return 0;
}
