// How this module holds OpenSSL's objects: owning pointers, algorithms fetched once per process, and one
// working context per thread and purpose. OpenSSL failing here (no memory, a broken installation) is not
// something a caller can act on, so it ends the process through SEALPOST_CHECK.
// Only crypto/*.cc include this header.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "foundation/bytes/bytes.h"

namespace sealpost::openssl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using MdCtx = std::unique_ptr<EVP_MD_CTX, Deleter<&EVP_MD_CTX_free>>;
using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, Deleter<&EVP_CIPHER_CTX_free>>;

// Fetched at first use and kept until the process ends.
EVP_CIPHER* aes256_ecb_algorithm();
EVP_CIPHER* aes256_gcm_algorithm();

// Whole blocks of AES-256 in ECB mode under one key. The key schedule is computed once and lives, as secret
// as the key, in the context, which OpenSSL overwrites when it frees it; computing it anew for each block
// costs ten times the block. Thread-safe: the lock is held for the few blocks of one call.
enum class Direction : std::uint8_t { Encrypt, Decrypt };
class Aes256Ecb final {
 public:
  Aes256Ecb(ByteView key, Direction direction);
  void run(std::span<std::uint8_t> blocks) const;

 private:
  CipherCtx context_;
  mutable std::mutex mutex_;  // guards context_
};

}  // namespace sealpost::openssl
