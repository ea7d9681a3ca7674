// Signing keys of sources (they verify) and endpoints (they sign). An inbound secret that another source or
// environment of the organization uses is refused; a new outbound key signs beside the old one until the
// overlap ends.
#pragma once

#include "flow/directory/endpoints.h"
#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"
#include "trust/signing/key_life.h"

namespace sealpost {

inline constexpr std::size_t kMaxUsableKeys = 5;  // of one source or endpoint

// An end of its own, or a rotation that is due; both left out: every 90 days.
struct KeyEnd {
  std::optional<WallTime> expires_at;
  std::optional<std::uint32_t> rotate_every_days;
};
struct NewSourceKey {
  SourceId source;
  KeyAlgorithm algorithm = KeyAlgorithm::HmacSha256;
  // Borrowed from the request; whoever holds the request wipes it. Both empty: a secret is made and shown
  // once.
  std::string_view secret;
  std::string_view public_key;
  KeyEnd end;
  Once once;
};
// The contract's KeyCreated.
Operation<Made> create_source_key(Operations& operations, const AuthorizedCall& call,
                                  const NewSourceKey& request);

struct KeyRotation {
  EndpointId endpoint;
  KeyAlgorithm algorithm = KeyAlgorithm::HmacSha256;
  Milliseconds overlap = kDefaultKeyOverlap;  // 0 to 30 days
  KeyEnd end;
  Once once;
};
Operation<Made> rotate_endpoint_key(Operations& operations, const AuthorizedCall& call,
                                    const KeyRotation& request);

Operation<Made> retire_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                           Milliseconds overlap, const Once& once);
Operation<Made> mark_key_compromised(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                                     WallTime since, std::string_view reason, const Once& once);
Operation<Made> destroy_signing_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                                    std::string_view reason, const Once& once);

Operation<Resource> read_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id);
Operation<PageView> list_source_keys(Operations& operations, const AuthorizedCall& call, SourceId source,
                                     const PageQuery& page);
Operation<PageView> list_endpoint_keys(Operations& operations, const AuthorizedCall& call,
                                       EndpointId endpoint, const PageQuery& page);

}  // namespace sealpost
