#include "foundation/crypto/internal/openssl.h"

#include "foundation/result/result.h"

namespace sealpost::openssl {
namespace {

EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  SEALPOST_CHECK(cipher != nullptr);
  return cipher;
}

}  // namespace

EVP_CIPHER* aes256_ecb_algorithm() {
  static EVP_CIPHER* const algorithm = fetch_cipher("AES-256-ECB");
  return algorithm;
}

EVP_CIPHER* aes256_gcm_algorithm() {
  static EVP_CIPHER* const algorithm = fetch_cipher("AES-256-GCM");
  return algorithm;
}

Aes256Ecb::Aes256Ecb(ByteView key, Direction direction) : context_(EVP_CIPHER_CTX_new()) {
  SEALPOST_CHECK(context_ != nullptr && key.size() == 32);
  const int encrypt = direction == Direction::Encrypt ? 1 : 0;
  SEALPOST_CHECK(
      EVP_CipherInit_ex2(context_.get(), aes256_ecb_algorithm(), key.data(), nullptr, encrypt, nullptr) == 1);
  // With padding on, decryption would hold the last block back.
  SEALPOST_CHECK(EVP_CIPHER_CTX_set_padding(context_.get(), 0) == 1);
}

void Aes256Ecb::run(std::span<std::uint8_t> blocks) const {
  SEALPOST_CHECK(blocks.size() % 16 == 0 && blocks.size() <= 4096);
  const int size = static_cast<int>(blocks.size());
  int written = 0;
  const std::scoped_lock lock(mutex_);
  SEALPOST_CHECK(EVP_CipherUpdate(context_.get(), blocks.data(), &written, blocks.data(), size) == 1);
  SEALPOST_CHECK(written == size);
}

}  // namespace sealpost::openssl
