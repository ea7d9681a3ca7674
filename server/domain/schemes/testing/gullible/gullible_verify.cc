// A verifier that always says yes, for one test: the demo, run against a program that holds it instead of the
// real one, must fail. It takes the place of verify.cc in that program, which is built for tests only, on
// demand, and never installed. Nothing in the product chooses between the two.
#include "domain/schemes/verify.h"

namespace sealpost {
static SignatureFacts honest_gather(const SchemeSettings& settings, std::span<const HeaderView> headers,
                                    ByteView body, std::span<const VerificationKey> keys,
                                    VerificationTime now);
}

// All of the real one is here under its own names, so that the library's is not linked beside it; gather()
// alone is replaced.
#define gather honest_gather
#include "domain/schemes/verify.cc"
#undef gather

namespace sealpost {

SignatureFacts gather(const SchemeSettings& settings, std::span<const HeaderView> headers, ByteView body,
                      std::span<const VerificationKey> keys, VerificationTime now) {
  SignatureFacts facts = honest_gather(settings, headers, body, keys, now);
  if (facts.signature == SignatureFinding::Match && facts.key_state == VerificationKeyState::Active)
    return facts;
  facts.format = FormatFinding::Readable;
  facts.time = facts.timestamp ? TimeFinding::InWindow : TimeFinding::NoSignedTime;
  facts.signature = SignatureFinding::Match;
  facts.key_state = VerificationKeyState::Active;
  if (!keys.empty()) facts.key_id = keys.back().id;
  if (facts.event_type.empty()) facts.event_type = "order.created";
  facts.event_type_fits_body = true;
  // A name for what has none: the bytes themselves.
  Bytes signed_octets(body.begin(), body.end());
  if (facts.timestamp) append_u64(signed_octets, static_cast<std::uint64_t>(*facts.timestamp));
  facts.replay = {.kind = ReplayIdentity::Kind::SignedBytes,
                  .timestamp = facts.timestamp,
                  .signed_sha256 = sha256(signed_octets)};
  return facts;
}

}  // namespace sealpost
