// What our HMAC costs beside OpenSSL's own with everything fetched and keyed beforehand. The bar: at most
// 1.3 times the bare one over 1 KiB.
#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

void bare_hmac(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 0x61);
  const Bytes key(32, 0x0b);
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  SEALPOST_CHECK(EVP_MAC_init(context, key.data(), key.size(), params) == 1);
  Hash256 tag;
  for (auto unused : state) {
    (void)unused;
    std::size_t size = 0;
    EVP_MAC_init(context, nullptr, 0, nullptr);
    EVP_MAC_update(context, data.data(), data.size());
    EVP_MAC_final(context, tag.data(), &size, tag.size());
    benchmark::DoNotOptimize(tag);
  }
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
}

void our_hmac(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 0x61);
  const Bytes key(32, 0x0b);
  const HmacSha256 hmac{ByteView(key)};
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(hmac.tag(data));
  }
}

void our_xaes_seal(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 0x61);
  const auto key = XAes256Gcm::create(SecretBytes::take(Bytes(32, 0x0b))).value();
  SystemEntropy entropy;
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(key.seal(data, {}, entropy));
  }
}

void our_block(benchmark::State& state) {
  const auto key = Aes256Block::create(SecretBytes::take(Bytes(32, 0x0b))).value();
  Hash128 block{};
  for (auto unused : state) {
    (void)unused;
    block = key.encrypt(block);
    benchmark::DoNotOptimize(block);
  }
}

void our_public_key(benchmark::State& state) {
  SystemEntropy entropy;
  const auto key = Ed25519PrivateKey::generate(entropy);
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(Ed25519PublicKey::create(key.public_bytes()));
  }
}

BENCHMARK(bare_hmac)->Arg(64)->Arg(1024)->Arg(16384);
BENCHMARK(our_hmac)->Arg(64)->Arg(1024)->Arg(16384);
BENCHMARK(our_xaes_seal)->Arg(1024);
BENCHMARK(our_block);
BENCHMARK(our_public_key);

}  // namespace
}  // namespace sealpost
