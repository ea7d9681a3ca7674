#include "domain/tlog/commitment.h"

#include <algorithm>

#include "domain/tlog/canonical_fields.h"
#include "domain/tlog/internal/text.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafTag{0x10};
constexpr std::array<std::uint8_t, 1> kNodeTag{0x11};

bool is_label(std::string_view label) { return tlog_internal::is_plain_id(label, kMaxGroupLabelBytes); }

}  // namespace

Hash256 group_commitment(const FieldGroup& group) {
  SEALPOST_CHECK(group.label.size() <= kMaxGroupLabelBytes);
  const std::array<std::uint8_t, 1> length{static_cast<std::uint8_t>(group.label.size())};
  return hmac_sha256(group.salt, {length, as_bytes(group.label), as_bytes(group.canonical)});
}

Hash256 commitment_root(std::span<const Hash256> commitments) {
  const std::size_t count = commitments.size();
  SEALPOST_CHECK(count >= 1 && count <= kMaxFieldGroups);
  std::array<Hash256, kMaxFieldGroups> row;
  for (std::size_t i = 0; i < count; ++i) row[i] = sha256({kLeafTag, commitments[i]});
  // Pairing neighbours and carrying an odd last one up gives the same tree as RFC 6962's splits.
  for (std::size_t width = count; width > 1; width = (width + 1) / 2) {
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = sha256({kNodeTag, row[2 * i], row[2 * i + 1]});
    if (width % 2 != 0) row[width / 2] = row[width - 1];
  }
  return row[0];
}

Result<Hash256, TlogRefusal> commit_groups(std::span<const FieldGroup> groups) {
  if (groups.empty() || groups.size() > kMaxFieldGroups) return fail(TlogRefusal::GroupsMalformed);
  std::array<Hash256, kMaxFieldGroups> commitments;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!is_label(groups[i].label) || (i > 0 && groups[i].label <= groups[i - 1].label))
      return fail(TlogRefusal::GroupsMalformed);
    commitments[i] = group_commitment(groups[i]);
  }
  return commitment_root(std::span(commitments).first(groups.size()));
}

Result<void, TlogRefusal> open_disclosure(std::span<const DisclosedGroup> groups, const Hash256& root) {
  if (groups.empty() || groups.size() > kMaxFieldGroups) return fail(TlogRefusal::GroupsMalformed);
  std::array<Hash256, kMaxFieldGroups> commitments;
  std::string_view last_label;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (const auto* hidden = std::get_if<Hash256>(&groups[i])) {
      commitments[i] = *hidden;
      continue;
    }
    const auto& group = std::get<FieldGroup>(groups[i]);
    if (!is_label(group.label) || group.label <= last_label) return fail(TlogRefusal::GroupsMalformed);
    last_label = group.label;
    SEALPOST_TRY_VOID(parse_canonical_fields(group.canonical));
    commitments[i] = group_commitment(group);
  }
  const Hash256 rebuilt = commitment_root(std::span(commitments).first(groups.size()));
  if (!constant_time_equal(rebuilt, root)) return fail(TlogRefusal::CommitmentMismatch);
  return {};
}

}  // namespace sealpost
