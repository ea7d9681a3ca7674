// How a leaf commits to a record without holding any of it. A record is cut into field groups (who, what,
// where, payload, ...), each canonical fields under a random salt:
//   c_g  = HMAC-SHA256(salt_g, label length (1 octet) || label || canonical bytes)
//   root = Merkle tree over the c_g in ascending order of label, as in RFC 6962 but tagged 0x10 for leaves
//          and 0x11 for nodes, so that nothing here is ever mistaken for a node of the log.
// Who gets the salt and the bytes of some groups and the bare c_g of the others rebuilds the root: those
// groups are disclosed, the others stay hidden. Destroying salt and bytes leaves a c_g that nobody can guess
// back. Salts are therefore drawn per group and never derived, and are kept only inside the sealed body.
// Values and free functions, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxFieldGroups = 16;
inline constexpr std::size_t kMaxGroupLabelBytes = 32;

using GroupSalt = std::array<std::uint8_t, 32>;

// A group as its writer and its reader know it; views into the caller's memory.
struct FieldGroup {
  std::string_view label;  // a-z 0-9 . _ -
  GroupSalt salt{};
  std::string_view canonical;  // what CanonicalFields::finish() made
};

[[nodiscard]] Hash256 group_commitment(const FieldGroup& group);
// Of 1 to 16 commitments, in their order.
[[nodiscard]] Hash256 commitment_root(std::span<const Hash256> commitments);
// The writer's way: refuses labels that are malformed, equal, or not ascending. The canonical bytes are
// taken as they are.
Result<Hash256, TlogRefusal> commit_groups(std::span<const FieldGroup> groups);

// A disclosure: per group of the record, in order, either the group itself or its bare commitment.
using DisclosedGroup = std::variant<FieldGroup, Hash256>;
// The reader's way: refused unless every disclosed group is canonical, labels ascend, and all together lead
// to the root that the leaf holds.
Result<void, TlogRefusal> open_disclosure(std::span<const DisclosedGroup> groups, const Hash256& root);

}  // namespace sealpost
