// What a sealed value is bound to: whose it is, which record, which version of the value, which part of the
// record. The encoding is authenticated with the ciphertext and stored nowhere, so a sealed value that was
// moved to another row, tenant or environment does not open. Value type, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "domain/model/ids.h"
#include "domain/model/tenancy.h"
#include "foundation/bytes/bytes.h"

namespace sealpost {

struct SealContext {
  Tenancy tenancy;
  EntityKind kind = EntityKind::Message;
  Position id = 0;
  // Counts changes of the sealed value, not of its record: key material keeps 1 through every state.
  std::uint64_t version = 1;
  // "payload", "material", "audit.who": at most 64 octets of ASCII, always a constant of the program.
  std::string_view field;
};

// Fixed widths and length-prefixed text: two contexts never share an encoding.
[[nodiscard]] Bytes encode(const SealContext& context);
inline constexpr std::size_t kMaxSealContextBytes = 16 + 8 + 1 + 1 + 8 + 8 + 1 + 64;
// The same without the heap; returns the octets used.
[[nodiscard]] std::size_t encode_into(const SealContext& context,
                                      std::span<std::uint8_t, kMaxSealContextBytes> out);

}  // namespace sealpost
