#include "trust/vault/seal_context.h"

#include <algorithm>
#include <array>

#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr std::string_view kLabel = "sealpost/seal/v1";
constexpr std::size_t kMaxField = 64;

}  // namespace

std::size_t encode_into(const SealContext& context, std::span<std::uint8_t, kMaxSealContextBytes> out) {
  SEALPOST_CHECK(context.field.size() <= kMaxField);
  auto at = out.begin();
  const auto put = [&](const auto& octets) { at = std::ranges::copy(octets, at).out; };
  put(kLabel);
  put(big_endian(std::uint64_t{context.tenancy.organization.position}));
  *at++ = static_cast<std::uint8_t>(context.tenancy.environment);
  *at++ = static_cast<std::uint8_t>(context.kind);
  put(big_endian(std::uint64_t{context.id}));
  put(big_endian(context.version));
  *at++ = static_cast<std::uint8_t>(context.field.size());
  put(context.field);
  return static_cast<std::size_t>(at - out.begin());
}

Bytes encode(const SealContext& context) {
  std::array<std::uint8_t, kMaxSealContextBytes> octets;
  const std::size_t size = encode_into(context, octets);
  return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace sealpost
