#include "trust/audit_trail/record_body.h"

#include <algorithm>

#include "domain/tlog/commitment.h"

namespace sealpost {
namespace {

constexpr std::uint8_t kFormat = 2;

}  // namespace

Bytes begin_body(std::size_t groups) {
  Bytes body;
  body.reserve(groups * 512);
  body.push_back(kFormat);
  body.push_back(static_cast<std::uint8_t>(groups));
  return body;
}

void append_group_head(Bytes& body, std::string_view label, const Hash256& commitment, std::size_t sealed) {
  body.push_back(static_cast<std::uint8_t>(label.size()));
  append(body, label);
  append(body, ByteView(commitment));
  append_u32(body, static_cast<std::uint32_t>(sealed));
}

std::optional<std::vector<SealedGroup>> parse_body(ByteView body) {
  if (body.size() < 2 || body[0] != kFormat || body[1] > kMaxFieldGroups) return std::nullopt;
  std::vector<SealedGroup> groups(body[1]);
  body = body.subspan(2);
  for (SealedGroup& group : groups) {
    if (body.empty()) return std::nullopt;
    const std::size_t label = body[0];
    if (label > kMaxGroupLabelBytes || body.size() < 1 + label + 32 + 4) return std::nullopt;
    group.label = as_text(body.subspan(1, label));
    body = body.subspan(1 + label);
    std::copy_n(body.begin(), group.commitment.size(), group.commitment.begin());
    const std::size_t sealed = read_u32(body.subspan(32));
    body = body.subspan(36);
    if (body.size() < sealed) return std::nullopt;
    group.sealed.assign(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(sealed));
    body = body.subspan(sealed);
  }
  if (!body.empty()) return std::nullopt;
  return groups;
}

}  // namespace sealpost
