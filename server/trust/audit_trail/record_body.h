// The stored body of an audit record: its field groups, each with its bare commitment and its sealed salt and
// bytes.
//
//   0x02 || number of groups || per group: label length, label, commitment (32), sealed length (4), sealed
//
// A group whose key was destroyed still shows its commitment, so that the record's proof stays valid. Pure.
#pragma once

#include <string>
#include <vector>

#include "domain/tlog/refusal.h"
#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

struct SealedGroup {
  std::string label;
  Hash256 commitment{};
  Bytes sealed;
};

[[nodiscard]] Bytes begin_body(std::size_t groups);
// What stands before the sealed value of a group; the caller puts that behind it: `sealed` octets.
void append_group_head(Bytes& body, std::string_view label, const Hash256& commitment, std::size_t sealed);
inline void append_group(Bytes& body, const SealedGroup& group) {
  append_group_head(body, group.label, group.commitment, group.sealed.size());
  append(body, group.sealed);
}
// Nothing when the bytes have not exactly this form.
[[nodiscard]] std::optional<std::vector<SealedGroup>> parse_body(ByteView body);

}  // namespace sealpost
