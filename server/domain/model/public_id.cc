#include "domain/model/public_id.h"

#include <algorithm>

namespace sealpost {
namespace {

constexpr std::size_t kTextLength = 36;  // 22 octets in base 32

std::uint64_t unix_ms_of(Position position) {
  return static_cast<std::uint64_t>(to_unix_ms(time_of(position)));
}

}  // namespace

std::string_view prefix_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::Organization:
      return "org";
    case EntityKind::Workspace:
      return "wsp";
    case EntityKind::Integration:
      return "int";
    case EntityKind::Source:
      return "src";
    case EntityKind::Endpoint:
      return "end";
    case EntityKind::Channel:
      return "chn";
    case EntityKind::Subscription:
      return "sub";
    case EntityKind::Grant:
      return "grt";
    case EntityKind::Credential:
      return "crd";
    case EntityKind::SigningKey:
      return "key";
    case EntityKind::Message:
      return "msg";
    case EntityKind::Delivery:
      return "dlv";
    case EntityKind::Refusal:
      return "ref";
    case EntityKind::Request:
      return "req";
    case EntityKind::AccessToken:
      return "tok";
    case EntityKind::DataKey:
      return "dek";
  }
  die(__FILE__, __LINE__, "a kind without a prefix");
}

PublicIdCodec::PublicIdCodec(Aes256Block key, std::vector<GenerationStart> generations)
    : key_(std::move(key)), generations_(std::move(generations)) {
  SEALPOST_CHECK(!generations_.empty());
}

std::uint32_t PublicIdCodec::generation_of(Position position) const {
  std::uint32_t generation = generations_.front().generation;
  for (const auto& start : generations_)
    if (position >= start.first) generation = start.generation;
  return generation;
}

std::string PublicIdCodec::encode(EntityKind kind, Position position) const {
  Bytes block;
  block.reserve(16);
  append_u32(block, generation_of(position));
  append_u32(block, static_cast<std::uint32_t>(kind));
  append_u64(block, position);
  Hash128 plain;
  std::copy_n(block.begin(), plain.size(), plain.begin());
  const Hash128 sealed = key_.encrypt(plain);

  Bytes out;
  out.reserve(22);
  const std::uint64_t ms = unix_ms_of(position);
  append_u16(out, static_cast<std::uint16_t>(ms >> 32));
  append_u32(out, static_cast<std::uint32_t>(ms));
  append(out, sealed);
  std::string text(prefix_of(kind));
  text.push_back('_');
  text += to_base32(out);
  return text;
}

std::optional<Position> PublicIdCodec::decode(EntityKind kind, std::string_view text) const {
  const std::string_view prefix = prefix_of(kind);
  if (text.size() != prefix.size() + 1 + kTextLength || !text.starts_with(prefix) ||
      text[prefix.size()] != '_')
    return std::nullopt;
  const auto raw = from_base32(text.substr(prefix.size() + 1));
  if (!raw || raw->size() != 22) return std::nullopt;
  Hash128 sealed;
  std::copy_n(raw->begin() + 6, sealed.size(), sealed.begin());
  const Hash128 plain = key_.decrypt(sealed);
  const ByteView view(plain);
  const Position position = read_u64(view.subspan(8));
  const std::uint64_t clear_ms = (static_cast<std::uint64_t>((*raw)[0]) << 40) |
                                 (static_cast<std::uint64_t>((*raw)[1]) << 32) |
                                 read_u32(ByteView(*raw).subspan(2));
  const bool ours = read_u32(view.subspan(4)) == static_cast<std::uint32_t>(kind) && position != 0 &&
                    clear_ms == unix_ms_of(position) && read_u32(view) == generation_of(position);
  if (!ours) return std::nullopt;
  return position;
}

}  // namespace sealpost
