#include "foundation/crypto/internal/openssl.h"

#include <array>

#include "foundation/result/result.h"

namespace sealpost::openssl {
namespace {

EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  SEALPOST_CHECK(cipher != nullptr);
  return cipher;
}

constexpr std::array<std::uint8_t, 32> kNoKey{};

}  // namespace

EVP_CIPHER* aes256_ecb_algorithm() {
  static EVP_CIPHER* const algorithm = fetch_cipher("AES-256-ECB");
  return algorithm;
}

EVP_CIPHER* aes256_gcm_algorithm() {
  static EVP_CIPHER* const algorithm = fetch_cipher("AES-256-GCM");
  return algorithm;
}

void aes256_blocks(ByteView key, Direction direction, std::span<std::uint8_t> blocks) {
  SEALPOST_CHECK(key.size() == 32 && blocks.size() % 16 == 0 && blocks.size() <= 4096);
  thread_local const CipherCtx context(EVP_CIPHER_CTX_new());
  SEALPOST_CHECK(context != nullptr);
  const int encrypt = direction == Direction::Encrypt ? 1 : 0;
  SEALPOST_CHECK(
      EVP_CipherInit_ex2(context.get(), aes256_ecb_algorithm(), key.data(), nullptr, encrypt, nullptr) == 1);
  // With padding on, decryption would hold the last block back.
  SEALPOST_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  const int size = static_cast<int>(blocks.size());
  int written = 0;
  SEALPOST_CHECK(EVP_CipherUpdate(context.get(), blocks.data(), &written, blocks.data(), size) == 1);
  SEALPOST_CHECK(written == size);
  SEALPOST_CHECK(EVP_CipherInit_ex2(context.get(), nullptr, kNoKey.data(), nullptr, 1, nullptr) == 1);
}

}  // namespace sealpost::openssl
