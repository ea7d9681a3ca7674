// The one function for everything that ends access, whoever asks and whatever ends: the record's state, the
// epoch, the waiting deliveries of what ended, and the audit record change in one transaction; sends in
// flight are aborted after it. The answer is a receipt of what ended and when each live node confirmed it.
// Accept, mint and claim compare the epoch inside their own transactions, so from the commit on nothing new
// passes.
#pragma once

#include "flow/directory/operations.h"
#include "flow/directory/views.h"

namespace sealpost {

enum class AccessEndKind : std::uint8_t {
  SuspendIntegration,
  RevokeIntegration,  // its grants and credentials end with it
  RevokeGrant,
  RevokeCredential,
  RetireKey,  // at once
  CompromiseKey,
  DestroyKey,  // its material is deleted
  SuspendSource,
  DeleteSource,  // its keys are destroyed
  DisableEndpoint,
  DeleteEndpoint,  // its keys are destroyed, its subscriptions deleted
  DeleteChannel,   // its subscriptions are deleted
};

struct AccessEnd {
  AccessEndKind kind = AccessEndKind::RevokeIntegration;
  Tenancy tenancy;  // of what ends
  Position what = 0;
  std::string reason;
  std::optional<WallTime> compromised_since;  // CompromiseKey
  std::optional<std::uint64_t> if_version;    // If-Match
  Once once;
};

struct EndedCounts {
  std::uint64_t grants = 0;
  std::uint64_t credentials = 0;
  std::uint64_t deliveries_cancelled = 0;
};
struct RevocationReceipt {
  OrganizationId organization;
  std::uint64_t epoch = 0;
  std::string reason;
  WallTime at{};
  EndedCounts ended;
  // Whose sends were aborted. Absent where they had not all come back in time, and in a repeated answer:
  // their attempts tell.
  std::optional<std::vector<DeliveryId>> aborted;
  std::string node;
  WallTime confirmed_at{};
  std::uint64_t audit_index = 0;  // of the first record of this change
  bool repeated = false;          // the first answer to the same Idempotency-Key again
};

// For callers. Sees only what the caller may see.
Operation<RevocationReceipt> end_access(Operations& operations, const AuthorizedCall& call,
                                        const AccessEnd& end);
// For jobs of the gateway (a receiver answered 410).
Operation<RevocationReceipt> end_access(Operations& operations, const SystemCall& call, const AccessEnd& end);

// The contract's RevocationReceipt.
[[nodiscard]] boost::json::object view_of(const ViewContext& context, const RevocationReceipt& receipt);

}  // namespace sealpost
