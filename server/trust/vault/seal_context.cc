#include "trust/vault/seal_context.h"

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::string_view kLabel = "sealpost/seal/v1";
constexpr std::size_t kMaxField = 64;

}  // namespace

Bytes encode(const SealContext& context) {
  SEALPOST_CHECK(context.field.size() <= kMaxField);
  Bytes out;
  out.reserve(kMaxSealContextBytes + 16);  // room for what a key adds behind it
  append(out, kLabel);
  append_u64(out, context.tenancy.organization.position);
  out.push_back(static_cast<std::uint8_t>(context.tenancy.environment));
  out.push_back(static_cast<std::uint8_t>(context.kind));
  append_u64(out, context.id);
  append_u64(out, context.version);
  out.push_back(static_cast<std::uint8_t>(context.field.size()));
  append(out, context.field);
  return out;
}

}  // namespace sealpost
