#include "domain/model/public_id.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>

namespace sealpost {
namespace {

constexpr std::size_t kTimeOctets = 6;
constexpr std::size_t kOctets = kTimeOctets + sizeof(Hash128);
constexpr std::size_t kTextLength = base32_size(kOctets);
constexpr std::size_t kPrefixLength = 3;

// Organizations, sources, keys and the like are named in every record; messages and requests a few times in a
// row. Each sort has places of its own, so that what passes does not push out what lasts.
bool is_lasting(EntityKind kind) {
  switch (kind) {
    case EntityKind::Message:
    case EntityKind::Delivery:
    case EntityKind::Refusal:
    case EntityKind::Request:
    case EntityKind::AccessToken:
      return false;
    default:
      return true;
  }
}

constexpr std::size_t kLastingPlaces = 512;
constexpr std::size_t kPassingPlaces = 64;

std::size_t place_of(EntityKind kind, Position position) {
  // Fibonacci hashing: positions of things made together differ in their lowest bits alone.
  const std::uint64_t spread = position * 0x9E3779B97F4A7C15U >> 32;
  return is_lasting(kind) ? spread % kLastingPlaces : kLastingPlaces + spread % kPassingPlaces;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

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
    : serial_(next_serial()), key_(std::move(key)), generations_(std::move(generations)) {
  SEALPOST_CHECK(!generations_.empty());
}

std::uint32_t PublicIdCodec::generation_of(Position position) const {
  std::uint32_t generation = generations_.front().generation;
  for (const auto& start : generations_)
    if (position >= start.first) generation = start.generation;
  return generation;
}

struct PublicIdCodec::Remembered {
  std::uint64_t serial = 0;
  Position position = 0;
  EntityKind kind = EntityKind::Message;
  std::array<char, kPrefixLength + 1 + kTextLength> text{};
};

std::string PublicIdCodec::encode(EntityKind kind, Position position) const {
  thread_local std::array<Remembered, kLastingPlaces + kPassingPlaces> places;
  Remembered& place = places[place_of(kind, position)];
  if (place.serial != serial_ || place.position != position || place.kind != kind) {
    std::ranges::copy(encode_anew(kind, position), place.text.begin());
    place.serial = serial_;
    place.position = position;
    place.kind = kind;
  }
  return {place.text.begin(), place.text.end()};
}

std::string PublicIdCodec::encode_anew(EntityKind kind, Position position) const {
  Hash128 plain;
  const auto put = [](auto octets, std::uint8_t* at) { std::copy(octets.begin(), octets.end(), at); };
  put(big_endian(generation_of(position)), plain.data());
  put(big_endian(static_cast<std::uint32_t>(kind)), plain.data() + 4);
  put(big_endian(std::uint64_t{position}), plain.data() + 8);

  std::array<std::uint8_t, kOctets> octets;
  put(big_endian(unix_ms_of(position) << 16), octets.data());  // the upper 6 of these 8 octets are kept
  put(key_.encrypt(plain), octets.data() + kTimeOctets);
  const std::string_view prefix = prefix_of(kind);
  SEALPOST_CHECK(prefix.size() == kPrefixLength);
  std::string text(prefix.size() + 1 + kTextLength, '_');
  std::ranges::copy(prefix, text.begin());
  encode_base32(octets, std::span(text).last(kTextLength));
  return text;
}

std::optional<Position> PublicIdCodec::decode(EntityKind kind, std::string_view text) const {
  const std::string_view prefix = prefix_of(kind);
  if (text.size() != prefix.size() + 1 + kTextLength || !text.starts_with(prefix) ||
      text[prefix.size()] != '_')
    return std::nullopt;
  std::array<std::uint8_t, kOctets> octets;
  if (!decode_base32(text.substr(prefix.size() + 1), octets)) return std::nullopt;
  Hash128 sealed;
  std::copy_n(octets.begin() + kTimeOctets, sealed.size(), sealed.begin());
  const Hash128 plain = key_.decrypt(sealed);
  const ByteView view(plain);
  const Position position = read_u64(view.subspan(8));
  const std::uint64_t clear_ms = read_u64(octets) >> 16;
  const bool ours = read_u32(view.subspan(4)) == static_cast<std::uint32_t>(kind) && position != 0 &&
                    clear_ms == unix_ms_of(position) && read_u32(view) == generation_of(position);
  if (!ours) return std::nullopt;
  return position;
}

}  // namespace sealpost
