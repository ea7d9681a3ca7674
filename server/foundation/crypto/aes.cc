// AES-256 as a block permutation, and XAES-256-GCM (C2SP) made of it and AES-256-GCM.
#include <algorithm>
#include <limits>

#include "foundation/bytes/secret_access.h"
#include "foundation/crypto/crypto.h"
#include "foundation/crypto/internal/openssl.h"
#include "foundation/crypto/seal_batch.h"

namespace sealpost {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 24;
constexpr std::size_t kHalfNonce = 12;
constexpr std::size_t kTagSize = 16;

// A fixed piece of key material on the stack.
template <std::size_t N>
struct WipedArray {
  std::array<std::uint8_t, N> bytes{};
  WipedArray() = default;
  WipedArray(const WipedArray&) = delete;
  WipedArray& operator=(const WipedArray&) = delete;
  ~WipedArray() { wipe_memory(bytes.data(), bytes.size()); }
};

// How many batches the calling thread is in.
thread_local std::size_t open_batches = 0;

// AES-256-GCM in the calling thread's context, whose key schedule is overwritten at the end.
class GcmRun final {
 public:
  GcmRun(openssl::Direction direction, ByteView key, ByteView nonce12) {
    const int encrypt = direction == openssl::Direction::Encrypt ? 1 : 0;
    SEALPOST_CHECK(EVP_CipherInit_ex2(context(), nullptr, key.data(), nonce12.data(), encrypt, nullptr) == 1);
  }
  GcmRun(const GcmRun&) = delete;
  GcmRun& operator=(const GcmRun&) = delete;
  ~GcmRun() {
    if (open_batches == 0) overwrite_key();
  }

  static void overwrite_key() {
    constexpr std::array<std::uint8_t, kKeySize> no_key{};
    SEALPOST_CHECK(EVP_CipherInit_ex2(context(), nullptr, no_key.data(), nullptr, 1, nullptr) == 1);
  }

  void authenticate(ByteView data) {
    int written = 0;
    if (!data.empty())
      SEALPOST_CHECK(EVP_CipherUpdate(context(), nullptr, &written, data.data(), size_of(data)) == 1);
  }
  void transform(ByteView in, std::uint8_t* out) {
    int written = 0;
    if (!in.empty()) SEALPOST_CHECK(EVP_CipherUpdate(context(), out, &written, in.data(), size_of(in)) == 1);
  }
  void finish_into(std::span<std::uint8_t> tag) {
    int written = 0;
    SEALPOST_CHECK(EVP_CipherFinal_ex(context(), nothing_.data(), &written) == 1);
    SEALPOST_CHECK(EVP_CIPHER_CTX_ctrl(context(), EVP_CTRL_AEAD_GET_TAG, size_of(tag), tag.data()) == 1);
  }
  [[nodiscard]] bool finish_with(ByteView tag) {
    WipedArray<kTagSize> copy;
    std::copy(tag.begin(), tag.end(), copy.bytes.begin());
    int written = 0;
    SEALPOST_CHECK(EVP_CIPHER_CTX_ctrl(context(), EVP_CTRL_AEAD_SET_TAG, size_of(tag), copy.bytes.data()) ==
                   1);
    return EVP_CipherFinal_ex(context(), nothing_.data(), &written) == 1;
  }

 private:
  static int size_of(ByteView bytes) {
    SEALPOST_CHECK(bytes.size() <= std::numeric_limits<int>::max());
    return static_cast<int>(bytes.size());
  }
  // The algorithm is set once: naming it again would make OpenSSL throw its state away and allocate it anew.
  static EVP_CIPHER_CTX* context() {
    thread_local const openssl::CipherCtx context = [] {
      openssl::CipherCtx fresh(EVP_CIPHER_CTX_new());
      SEALPOST_CHECK(fresh != nullptr && EVP_CipherInit_ex2(fresh.get(), openssl::aes256_gcm_algorithm(),
                                                            nullptr, nullptr, 1, nullptr) == 1);
      return fresh;
    }();
    return context.get();
  }
  std::array<std::uint8_t, kTagSize> nothing_{};  // GCM's final step writes no octets
};

}  // namespace

SealBatch::SealBatch() { ++open_batches; }
SealBatch::~SealBatch() {
  if (--open_batches == 0) GcmRun::overwrite_key();
}

struct XAes256Gcm::State {
  openssl::Aes256Ecb cipher;
  WipedArray<16> k1;  // the CMAC subkey K1 (NIST SP 800-38B section 6.1)

  explicit State(ByteView key) : cipher(key, openssl::Direction::Encrypt) {
    cipher.run(k1.bytes);
    auto& l = k1.bytes;
    const auto top_bit_set = static_cast<std::uint8_t>(l[0] >> 7U);
    for (std::size_t i = 0; i < l.size(); ++i) {
      const int carry = i + 1 < l.size() ? l[i + 1] >> 7 : 0;
      l[i] = static_cast<std::uint8_t>((l[i] << 1) | carry);
    }
    l.back() ^= static_cast<std::uint8_t>(0x87U * top_bit_set);  // without a branch on the key
  }

  // Kx of the specification: two CMACs of one block each.
  void derive(ByteView nonce, WipedArray<kKeySize>& out) const {
    for (std::size_t block = 0; block < 2; ++block) {
      const std::span<std::uint8_t> m = std::span(out.bytes).subspan(block * 16, 16);
      const std::array<std::uint8_t, 4> head{0x00, static_cast<std::uint8_t>(block + 1), 'X', 0x00};
      std::copy(head.begin(), head.end(), m.begin());
      std::copy_n(nonce.begin(), kHalfNonce, m.begin() + head.size());
      for (std::size_t i = 0; i < m.size(); ++i) m[i] ^= k1.bytes[i];
    }
    cipher.run(out.bytes);
  }
};

XAes256Gcm::XAes256Gcm(std::unique_ptr<State> state) : state_(std::move(state)) {}
XAes256Gcm::XAes256Gcm(XAes256Gcm&&) noexcept = default;
XAes256Gcm& XAes256Gcm::operator=(XAes256Gcm&&) noexcept = default;
XAes256Gcm::~XAes256Gcm() = default;

Result<XAes256Gcm, CryptoError> XAes256Gcm::create(const SecretBytes& thirty_two_bytes) {
  if (thirty_two_bytes.size() != kKeySize) return fail(CryptoError::BadKey);
  return XAes256Gcm(std::make_unique<State>(
      thirty_two_bytes.reveal(SecretAccess("XAES derives each message's key from it"))));
}

Bytes XAes256Gcm::seal(ByteView plaintext, ByteView context, Entropy& entropy) const {
  return seal_with_nonce_for_test(plaintext, context, entropy.array<kNonceSize>());
}

Bytes XAes256Gcm::seal_with_nonce_for_test(ByteView plaintext, ByteView context, ByteView nonce24) const {
  SEALPOST_CHECK(nonce24.size() == kNonceSize);
  Bytes out;
  seal_onto(out, plaintext, context, nonce24);
  return out;
}

void XAes256Gcm::seal_onto(Bytes& out, ByteView plaintext, ByteView context, Entropy& entropy) const {
  seal_onto(out, plaintext, context, entropy.array<kNonceSize>());
}

void XAes256Gcm::seal_onto(Bytes& out, ByteView plaintext, ByteView context, ByteView nonce24) const {
  WipedArray<kKeySize> message_key;
  state_->derive(nonce24, message_key);
  const std::size_t begin = out.size();
  out.resize(begin + plaintext.size() + kOverhead);
  const std::span<std::uint8_t> sealed = std::span(out).subspan(begin);
  std::ranges::copy(nonce24, sealed.begin());
  GcmRun gcm(openssl::Direction::Encrypt, message_key.bytes, nonce24.subspan(kHalfNonce));
  gcm.authenticate(context);
  gcm.transform(plaintext, sealed.data() + kNonceSize);
  gcm.finish_into(sealed.last(kTagSize));
}

Result<Bytes, CryptoError> XAes256Gcm::open(ByteView sealed, ByteView context) const {
  if (sealed.size() < kOverhead || sealed.size() > std::numeric_limits<int>::max())
    return fail(CryptoError::Tampered);
  const ByteView nonce = sealed.first(kNonceSize);
  const ByteView ciphertext = sealed.subspan(kNonceSize, sealed.size() - kOverhead);
  WipedArray<kKeySize> message_key;
  state_->derive(nonce, message_key);
  Bytes out(ciphertext.size());
  GcmRun gcm(openssl::Direction::Decrypt, message_key.bytes, nonce.subspan(kHalfNonce));
  gcm.authenticate(context);
  gcm.transform(ciphertext, out.data());
  if (!gcm.finish_with(sealed.last(kTagSize))) {
    // Nobody gets to see what an attacker made us decrypt.
    wipe_memory(out.data(), out.size());
    return fail(CryptoError::Tampered);
  }
  return out;
}

Result<SecretBytes, CryptoError> XAes256Gcm::open_secret(ByteView sealed, ByteView context) const {
  SEALPOST_TRY(Bytes plain, open(sealed, context));
  return SecretBytes::take(std::move(plain));
}

struct Aes256Block::State {
  openssl::Aes256Ecb encrypt;
  openssl::Aes256Ecb decrypt;
  explicit State(ByteView key)
      : encrypt(key, openssl::Direction::Encrypt), decrypt(key, openssl::Direction::Decrypt) {}
};

Aes256Block::Aes256Block(std::unique_ptr<State> state) : state_(std::move(state)) {}
Aes256Block::Aes256Block(Aes256Block&&) noexcept = default;
Aes256Block& Aes256Block::operator=(Aes256Block&&) noexcept = default;
Aes256Block::~Aes256Block() = default;

Result<Aes256Block, CryptoError> Aes256Block::create(const SecretBytes& thirty_two_bytes) {
  if (thirty_two_bytes.size() != kKeySize) return fail(CryptoError::BadKey);
  return Aes256Block(
      std::make_unique<State>(thirty_two_bytes.reveal(SecretAccess("AES takes the key itself"))));
}

Hash128 Aes256Block::encrypt(const Hash128& block) const {
  Hash128 out = block;
  state_->encrypt.run(out);
  return out;
}

Hash128 Aes256Block::decrypt(const Hash128& block) const {
  Hash128 out = block;
  state_->decrypt.run(out);
  return out;
}

}  // namespace sealpost
