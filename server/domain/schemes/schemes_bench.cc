// What verification costs beside the bare HMAC it can't do without. BareHmac* is the same algorithm through
// the same OpenSSL, fetched once.
#include <benchmark/benchmark.h>

#include <openssl/evp.h>

#include <string>

#include "domain/schemes/sign.h"
#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

constexpr std::string_view kId = "msg_2xTnVh4mHkVdVqLZ5sGkJ0aB";
constexpr std::int64_t kTime = 1'700'000'000;
const VerificationTime kNow{std::chrono::seconds(kTime)};

Bytes key_octets(std::uint8_t fill) { return Bytes(32, fill); }

// A JSON event of the given size.
Bytes make_body(std::size_t size) {
  std::string text = R"({"type":"invoice.paid","timestamp":"2023-11-14T22:13:20Z","data":{"note":")";
  while (text.size() + 3 < size) text.push_back(static_cast<char>('a' + text.size() % 26));
  text += "\"}}";
  return Bytes(text.begin(), text.end());
}

struct StandardRequest {
  explicit StandardRequest(std::size_t size) : body(make_body(size)), key(key_octets(1)) {
    signature = *sign_standard_v1(kId, kTime, body, key);
    keys.push_back({.id = "k1", .material = HmacSha256(key_octets(1))});
    headers = {{"host", "gateway.test"}, {"user-agent", "sender/1.0"}, {"content-type", "application/json"},
               {"webhook-id", kId},      {"webhook-timestamp", time},  {"webhook-signature", signature}};
  }
  Bytes body;
  HmacSha256 key;
  std::string time = std::to_string(kTime);
  std::string signature;
  std::vector<VerificationKey> keys;
  std::vector<HeaderView> headers;
};

void BareHmac1KiB(benchmark::State& state) {
  const StandardRequest request(1024);
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                               OSSL_PARAM_construct_end()};
  const Bytes key = key_octets(1);
  EVP_MAC_init(context, key.data(), key.size(), params);
  Hash256 tag{};
  std::size_t written = 0;
  for (auto _ : state) {
    EVP_MAC_init(context, nullptr, 0, nullptr);
    EVP_MAC_update(context, request.body.data(), request.body.size());
    EVP_MAC_final(context, tag.data(), &written, tag.size());
    benchmark::DoNotOptimize(tag);
  }
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(algorithm);
}
BENCHMARK(BareHmac1KiB);

void OurHmac1KiB(benchmark::State& state) {
  const StandardRequest request(1024);
  for (auto _ : state) benchmark::DoNotOptimize(request.key.tag(request.body));
}
BENCHMARK(OurHmac1KiB);

void VerifyStandardV1_1KiB(benchmark::State& state) {
  const StandardRequest request(1024);
  const auto settings = SchemeSettings::create({});
  for (auto _ : state) {
    const auto facts = gather(*settings, request.headers, request.body, request.keys, kNow);
    if (decide(facts, {})) state.SkipWithError("a good request was refused");
    benchmark::DoNotOptimize(facts);
  }
}
BENCHMARK(VerifyStandardV1_1KiB);

}  // namespace
}  // namespace sealpost
