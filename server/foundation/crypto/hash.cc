// SHA-256, HMAC and HKDF.
#include <algorithm>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/internal/openssl.h"

namespace sealpost {
namespace {

using Block = std::array<std::uint8_t, 64>;

// One digest in the calling thread's context. A context that keeps its algorithm starts anew without
// touching the heap; copying a prepared one would allocate.
class Sha256Stream final {
 public:
  Sha256Stream() { SEALPOST_CHECK(EVP_DigestInit_ex2(context(), openssl::sha256_algorithm(), nullptr) == 1); }
  void add(ByteView part) {
    if (!part.empty()) SEALPOST_CHECK(EVP_DigestUpdate(context(), part.data(), part.size()) == 1);
  }
  void finish(Hash256& out) { SEALPOST_CHECK(EVP_DigestFinal_ex(context(), out.data(), nullptr) == 1); }

 private:
  static EVP_MD_CTX* context() {
    thread_local const openssl::MdCtx context(EVP_MD_CTX_new());
    SEALPOST_CHECK(context != nullptr);
    return context.get();
  }
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

// The two padded keys of RFC 2104 section 2.
struct HmacSha256::State {
  Block inner;
  Block outer;

  explicit State(ByteView key) {
    WipedHash short_key;
    if (key.size() > inner.size()) {
      Sha256Stream stream;
      stream.add(key);
      stream.finish(short_key.bytes);
      key = short_key.bytes;
    }
    inner.fill(0x36);
    outer.fill(0x5c);
    for (std::size_t i = 0; i < key.size(); ++i) {
      inner[i] ^= key[i];
      outer[i] ^= key[i];
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    wipe_memory(inner.data(), inner.size());
    wipe_memory(outer.data(), outer.size());
  }
};

HmacSha256::HmacSha256(ByteView key) : state_(std::make_unique<State>(key)) {}
HmacSha256::HmacSha256(const SecretBytes& key)
    : HmacSha256(key.reveal(SecretAccess("HMAC takes the key itself"))) {}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Hash256 HmacSha256::tag(std::initializer_list<ByteView> parts) const {
  WipedHash inner;
  {
    Sha256Stream stream;
    stream.add(state_->inner);
    for (const ByteView part : parts) stream.add(part);
    stream.finish(inner.bytes);
  }
  Sha256Stream stream;
  stream.add(state_->outer);
  stream.add(inner.bytes);
  Hash256 out;
  stream.finish(out);
  return out;
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
