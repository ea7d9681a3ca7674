// Public ids: `<prefix>_<36 characters>`. The text holds the clear time (48 bits of milliseconds) so that ids
// sort by age, then one AES-256 block over (generation, kind, position). Without the key nobody can guess a
// neighbour or learn how many there are; an invented id fails to decode and costs no look-up. The key never
// rotates, since ids are names. The generation tells ids made after a restore from those made before.
// Immutable after construction, thread-safe; each thread remembers what it encoded last.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/ids.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {

// A generation's ids begin at `first`; the last entry is the current one. Ordered by `first`.
struct GenerationStart {
  std::uint32_t generation = 1;
  Position first = 0;
};

[[nodiscard]] std::string_view prefix_of(EntityKind kind);

class PublicIdCodec final {
 public:
  PublicIdCodec(Aes256Block key, std::vector<GenerationStart> generations);

  [[nodiscard]] std::string encode(EntityKind kind, Position position) const;
  template <EntityKind K>
  [[nodiscard]] std::string encode(Id<K> id) const {
    return encode(K, id.position);
  }
  // Nothing when the text is not an id of that kind that this installation made.
  [[nodiscard]] std::optional<Position> decode(EntityKind kind, std::string_view text) const;
  template <class IdType>
  [[nodiscard]] std::optional<IdType> decode(std::string_view text) const {
    const auto position = decode(IdType::kKind, text);
    if (!position) return std::nullopt;
    return IdType{*position};
  }

 private:
  struct Remembered;
  [[nodiscard]] std::string encode_anew(EntityKind kind, Position position) const;
  [[nodiscard]] std::uint32_t generation_of(Position position) const;
  std::uint64_t serial_;  // of this codec in this process
  Aes256Block key_;
  std::vector<GenerationStart> generations_;
};

}  // namespace sealpost
