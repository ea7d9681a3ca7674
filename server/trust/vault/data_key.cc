#include "trust/vault/data_key.h"

#include <algorithm>
#include <array>

#include "trust/vault/internal/derived.h"

namespace sealpost {
namespace {

constexpr std::uint8_t kFormat = 0x01;
constexpr std::size_t kHeader = 1 + 8;

// The header is authenticated too: a value that names another key must not open with this one.
class BoundContext final {
 public:
  BoundContext(ByteView header, const SealContext& context)
      : size_(encode_into(context, std::span(octets_).first<kMaxSealContextBytes>())) {
    std::ranges::copy(header, octets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += header.size();
  }
  [[nodiscard]] ByteView view() const { return ByteView(octets_).first(size_); }

 private:
  std::array<std::uint8_t, kMaxSealContextBytes + kHeader> octets_;
  std::size_t size_;
};

}  // namespace

DataKey::DataKey(const Name& name, const SecretBytes& key)
    : name_(name),
      sealer_(vault_internal::derive_sealer(key, "data-key/seal/v1")),
      digest_(vault_internal::derive_key(key, "data-key/digest/v1")) {}

Bytes DataKey::seal(ByteView plaintext, const SealContext& context, Entropy& entropy) const {
  Bytes out;
  seal_onto(out, plaintext, context, entropy);
  return out;
}

void DataKey::seal_onto(Bytes& out, ByteView plaintext, const SealContext& context, Entropy& entropy) const {
  SEALPOST_CHECK(context.tenancy.organization == name_.organization);
  std::array<std::uint8_t, kHeader> header{kFormat};
  std::ranges::copy(big_endian(std::uint64_t{name_.id.position}), header.begin() + 1);
  out.reserve(out.size() + kOverhead + plaintext.size());
  append(out, header);
  sealer_.seal_onto(out, plaintext, BoundContext(header, context).view(), entropy);
}

Result<Bytes, VaultError> DataKey::open(ByteView sealed, const SealContext& context) const {
  const auto named = key_of(sealed);
  if (!named) return fail(VaultError::Malformed);
  if (*named != name_.id || context.tenancy.organization != name_.organization)
    return fail(VaultError::Tampered);
  auto plaintext = sealer_.open(sealed.subspan(kHeader), BoundContext(sealed.first(kHeader), context).view());
  if (!plaintext) return fail(VaultError::Tampered);
  return std::move(*plaintext);
}

std::optional<DataKeyId> DataKey::key_of(ByteView sealed) {
  if (sealed.size() < kOverhead || sealed[0] != kFormat) return std::nullopt;
  const DataKeyId id{read_u64(sealed.subspan(1, 8))};
  if (!id.set()) return std::nullopt;
  return id;
}

}  // namespace sealpost
