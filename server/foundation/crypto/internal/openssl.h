// How this module holds OpenSSL's objects: owning pointers, algorithms fetched once per process, and one
// working context per thread and purpose. OpenSSL failing here (no memory, a broken installation) is not
// something a caller can act on, so it ends the process through SEALPOST_CHECK.
// Only crypto/*.cc include this header.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
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

// Whole blocks of AES-256 in ECB mode, in place. The calling thread's key schedule is overwritten
// afterwards: no key outlives the call.
enum class Direction : std::uint8_t { Encrypt, Decrypt };
void aes256_blocks(ByteView key, Direction direction, std::span<std::uint8_t> blocks);

}  // namespace sealpost::openssl
