// Signs webhooks as Standard Webhooks define it, for tests of receivers and for senders of their own.
// Every key given signs, so that a receiver can roll its key. Immutable, thread-safe, cheap to copy.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sealpost/outcome.h"
#include "sealpost/secret.h"

namespace sealpost::sdk {

enum class SignerError {
  NoKeys,
  TooManyKeys,   // above 8
  BadKey,        // neither a whsec_ of 24..64 octets nor a whsk_ whose halves belong together
  BadId,         // not 1..256 visible ASCII characters, or it holds a full stop
  BadTimestamp,  // before 1970 or above 12 digits
};
[[nodiscard]] std::string_view name(SignerError error);

struct SignedHeaders {
  std::string id;         // webhook-id
  std::string timestamp;  // webhook-timestamp
  std::string signature;  // webhook-signature
};

class Signer final {
 public:
  // whsec_ keys sign v1, whsk_ keys sign v1a.
  static Outcome<Signer, SignerError> create(const std::vector<Secret>& keys);

  // Keep the id over retries; take a fresh time for each attempt.
  [[nodiscard]] Outcome<SignedHeaders, SignerError> sign(
      std::string_view id, std::string_view body,
      std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) const;

 private:
  struct State;
  explicit Signer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace sealpost::sdk
