// SHA-256, HMAC and HKDF.
//
// SHA-256 is driven through OpenSSL's block interface, not through EVP: a keyed state is then a value of 112
// octets that is copied on the stack, so that an HMAC costs its blocks and no allocation. EVP copies a
// prepared state through the heap and checks parameters at each step, which cost more than half of a short
// HMAC. The compression code behind both is the same. OpenSSL 3 calls the interface old; it stays on
// through 3.x.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

using Block = std::array<std::uint8_t, 64>;

// One digest, wherever it has got to. What it has read may be key material, so it does not stay in memory.
class Sha256Stream final {
 public:
  Sha256Stream() { SEALPOST_CHECK(SHA256_Init(&state_) == 1); }
  // Goes on from where `other` is.
  Sha256Stream(const Sha256Stream& other) = default;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  ~Sha256Stream() { wipe_memory(&state_, sizeof state_); }

  void add(ByteView part) {
    if (!part.empty()) SEALPOST_CHECK(SHA256_Update(&state_, part.data(), part.size()) == 1);
  }
  void finish(Hash256& out) { SEALPOST_CHECK(SHA256_Final(out.data(), &state_) == 1); }

 private:
  SHA256_CTX state_;
};

// The inner hash of an HMAC lets a reader of memory forge nothing by itself, but it is derived from the
// key, so it does not stay on the stack.
struct WipedHash {
  Hash256 bytes{};
  WipedHash() = default;
  WipedHash(const WipedHash&) = delete;
  WipedHash& operator=(const WipedHash&) = delete;
  ~WipedHash() { wipe_memory(bytes.data(), bytes.size()); }
};

}  // namespace

Hash256 sha256(std::initializer_list<ByteView> parts) {
  Sha256Stream stream;
  for (const ByteView part : parts) stream.add(part);
  Hash256 out;
  stream.finish(out);
  return out;
}

// The digests of RFC 2104 section 2, each after its padded key: as secret as the key itself.
struct HmacSha256::State {
  Sha256Stream inner;
  Sha256Stream outer;

  explicit State(ByteView key) {
    WipedHash short_key;
    if (key.size() > Block().size()) {
      Sha256Stream stream;
      stream.add(key);
      stream.finish(short_key.bytes);
      key = short_key.bytes;
    }
    add_padded(inner, key, 0x36);
    add_padded(outer, key, 0x5c);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  [[nodiscard]] Hash256 tag(std::initializer_list<ByteView> parts) const;

 private:
  static void add_padded(Sha256Stream& stream, ByteView key, std::uint8_t pad) {
    Block block;
    block.fill(pad);
    for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
    stream.add(block);
    wipe_memory(block.data(), block.size());
  }
};

HmacSha256::HmacSha256(ByteView key) : state_(std::make_unique<State>(key)) {}
HmacSha256::HmacSha256(const SecretBytes& key)
    : HmacSha256(key.reveal(SecretAccess("HMAC takes the key itself"))) {}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Hash256 HmacSha256::State::tag(std::initializer_list<ByteView> parts) const {
  WipedHash inner_hash;
  Sha256Stream inner_stream = inner;
  for (const ByteView part : parts) inner_stream.add(part);
  inner_stream.finish(inner_hash.bytes);
  Sha256Stream outer_stream = outer;
  outer_stream.add(inner_hash.bytes);
  Hash256 out;
  outer_stream.finish(out);
  return out;
}

Hash256 HmacSha256::tag(std::initializer_list<ByteView> parts) const { return state_->tag(parts); }

Hash256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  return HmacSha256::State(key).tag(parts);
}

bool HmacSha256::verify(std::initializer_list<ByteView> parts, ByteView expected) const {
  return constant_time_equal(tag(parts), expected);
}

SecretBytes hkdf_sha256(const SecretBytes& key, ByteView salt, ByteView info, std::size_t length) {
  constexpr std::size_t kHashSize = 32;
  SEALPOST_CHECK(length <= 255 * kHashSize);
  WipedHash extracted;
  // RFC 5869 section 2.2: an absent salt is a block of zeros, which is how HMAC pads the empty key.
  extracted.bytes = HmacSha256(salt).tag({key.reveal(SecretAccess("HKDF extracts from the key"))});
  const HmacSha256 expand{ByteView(extracted.bytes)};

  Bytes out(length);
  WipedHash previous;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < length;) {
    ++counter;
    const ByteView chained = done == 0 ? ByteView() : ByteView(previous.bytes);
    previous.bytes = expand.tag({chained, info, ByteView(&counter, 1)});
    const std::size_t take = std::min(kHashSize, length - done);
    std::copy_n(previous.bytes.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  return SecretBytes::take(std::move(out));
}

}  // namespace sealpost
