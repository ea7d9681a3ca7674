#include "flow/directory/operations.h"

#include "trust/replay_guard/claims.h"

namespace sealpost {
namespace {

// The contract's bound; the guard's own is wider.
constexpr std::size_t kMaxKeyBytes = 128;

// An organization that does not exist yet has no keys: its making is claimed under the installation's. The
// purpose's key is shared with page cursors, told apart by the first part.
Claim installation_claim(const Operations& operations, const AuthorizedCall& call, const Once& once) {
  const Vault& vault = operations.parts().vault;
  Bytes caller;
  append_u64(caller, call.caller_position());
  const auto half = [](const Hash256& tag) {
    Hash128 out{};
    std::copy_n(tag.begin(), out.size(), out.begin());
    return out;
  };
  Claim claim;
  claim.meaning = ClaimMeaning::IdempotencyKey;
  claim.owner = call.caller_position();
  claim.key = half(vault.tag(InstallationTag::PageCursor, {as_bytes("idempotency_key"), caller,
                                                           as_bytes(once.route), as_bytes(once.key)}));
  claim.body = half(vault.tag(InstallationTag::PageCursor, {as_bytes("idempotency_body"), once.body}));
  claim.keep_until = operations.now() + kIdempotencyHorizon;
  return claim;
}

// Characters of UTF-8 text: octets that begin one.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

bool is_name(std::string_view text) { return !text.empty() && characters(text) <= 200; }
bool is_reason(std::string_view text) { return !text.empty() && characters(text) <= 500; }

OperationRefusal refusal_of(StoreError error) {
  const auto as = [](PublicCode code) { return OperationRefusal{code, {}, {}, {}}; };
  switch (error) {
    case StoreError::Unavailable:
    case StoreError::Full:
    case StoreError::Corrupt:
    case StoreError::NewerSchema:
    case StoreError::Tampered:
    case StoreError::InUse:
      return as(PublicCode::StoreUnavailable);
    case StoreError::Busy:
      return as(PublicCode::Overloaded);
    case StoreError::OutcomeUnknown:
      return as(PublicCode::OutcomeUnknown);
    case StoreError::RolledBack:
      return as(PublicCode::StateRolledBack);
    case StoreError::NotFound:
      return as(PublicCode::NotFound);
    case StoreError::VersionMismatch:
      return as(PublicCode::PreconditionFailed);
    case StoreError::Conflict:
      return as(PublicCode::Conflict);
    case StoreError::PayloadErased:
      return as(PublicCode::PayloadErased);
  }
  return as(PublicCode::InternalError);
}

Operation<std::optional<Claim>> make_claim(const Operations& operations, const AuthorizedCall& call,
                                           const Tenancy& tenancy, const Once& once) {
  if (once.key.empty()) return std::optional<Claim>{};
  if (once.key.size() > kMaxKeyBytes || !is_idempotency_key(once.key))
    return refuse(PublicCode::InvalidIdempotencyKey);
  if (!tenancy.organization.set()) return std::optional<Claim>(installation_claim(operations, call, once));
  const auto keys = operations.parts().vault.organization(tenancy.organization);
  if (!keys) return refuse(PublicCode::KeyUnavailable);
  return std::optional<Claim>(make_idempotency_claim(*keys,
                                                     {.tenancy = tenancy,
                                                      .caller = call.caller_position(),
                                                      .route = once.route,
                                                      .key = once.key,
                                                      .body = once.body},
                                                     operations.now()));
}

Operation<std::optional<Position>> claim_once(const Operations& operations, ControlTransaction& transaction,
                                              const AuthorizedCall& call, const Tenancy& tenancy,
                                              const Once& once, Position resource) {
  SEALPOST_TRY(const auto claim, make_claim(operations, call, tenancy, once));
  if (!claim) return std::optional<Position>{};
  SEALPOST_TRY(const auto repeat, told(transaction.store().claim_control_call(tenancy, *claim, resource)));
  if (repeat.mismatch) return refuse(PublicCode::IdempotencyMismatch);
  if (!repeat.first) return std::optional<Position>(repeat.resource);
  return std::optional<Position>{};
}

Operation<std::optional<Position>> find_repeat(const Operations& operations, Reader& reader,
                                               const AuthorizedCall& call, const Tenancy& tenancy,
                                               const Once& once) {
  SEALPOST_TRY(const auto claim, make_claim(operations, call, tenancy, once));
  if (!claim) return std::optional<Position>{};
  SEALPOST_TRY(const auto first, told(reader.judge_claim(tenancy, *claim)));
  if (first.status == AcceptStatus::Mismatch) return refuse(PublicCode::IdempotencyMismatch);
  if (first.status == AcceptStatus::Repeated) return std::optional<Position>(first.message.position);
  return std::optional<Position>{};
}

}  // namespace sealpost
