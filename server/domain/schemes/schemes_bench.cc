// What verification costs beside the bare HMAC it can't do without, and the costliest request that a
// stranger can build. BareHmac* is the same algorithm through the same OpenSSL, fetched once.
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

// 8 signatures that match nothing, 5 keys, the largest body of the scheme.
void CostliestStandardV1(benchmark::State& state) {
  StandardRequest request(default_max_body(Scheme::StandardV1));
  const auto settings = SchemeSettings::create({});
  std::string list;
  for (std::uint8_t i = 0; i < kMaxSignatures; ++i) {
    const HmacSha256 strange(key_octets(static_cast<std::uint8_t>(100 + i)));
    list += (i == 0 ? "" : " ") + *sign_standard_v1(kId, kTime, request.body, strange);
  }
  request.headers.back().value = list;
  request.keys.clear();
  for (std::uint8_t i = 0; i < kMaxVerificationKeys; ++i)
    request.keys.push_back({.id = "k", .material = HmacSha256(key_octets(i))});
  for (auto _ : state) {
    const auto facts = gather(*settings, request.headers, request.body, request.keys, kNow);
    if (decide(facts, {}) != Refusal::BadSignature) state.SkipWithError("expected bad_signature");
  }
}
BENCHMARK(CostliestStandardV1)->Unit(benchmark::kMicrosecond);

class FixedEntropy final : public Entropy {
 public:
  explicit FixedEntropy(std::uint8_t first) : next_(first) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = next_++;
  }

 private:
  std::uint8_t next_;
};

// The same for v1a: 8 signatures and 5 keys end after 8 checks.
void CostliestStandardV1a(benchmark::State& state) {
  StandardRequest request(default_max_body(Scheme::StandardV1a));
  const auto settings = SchemeSettings::create({.scheme = Scheme::StandardV1a});
  FixedEntropy entropy(1);
  FixedEntropy own_entropy(7);  // another sequence: the sender holds none of our keys
  std::string list;
  for (std::size_t i = 0; i < kMaxSignatures; ++i) {
    const auto strange = Ed25519PrivateKey::generate(entropy);
    list += (i == 0 ? "" : " ") + *sign_standard_v1a(kId, kTime, request.body, strange);
  }
  request.headers.back().value = list;
  request.keys.clear();
  for (std::size_t i = 0; i < kMaxVerificationKeys; ++i) {
    const auto own = Ed25519PrivateKey::generate(own_entropy);
    request.keys.push_back({.id = "k", .material = *Ed25519PublicKey::create(own.public_bytes())});
  }
  for (auto _ : state) {
    const auto facts = gather(*settings, request.headers, request.body, request.keys, kNow);
    if (decide(facts, {}) != Refusal::BadSignature) state.SkipWithError("expected bad_signature");
  }
}
BENCHMARK(CostliestStandardV1a)->Unit(benchmark::kMicrosecond);

// A scheme of one HMAC: the largest body that is its default, and a signature of the right form under no key
// of ours.
void costliest(benchmark::State& state, Scheme scheme, std::vector<HeaderView> headers) {
  const Bytes body = make_body(default_max_body(scheme));
  const auto settings = SchemeSettings::create({.scheme = scheme});
  headers.push_back({"content-type", "application/json"});
  std::vector<VerificationKey> keys;
  for (std::uint8_t i = 0; i < kMaxVerificationKeys; ++i)
    keys.push_back({.id = "k", .material = HmacSha256(key_octets(i))});
  for (auto _ : state) {
    const auto facts = gather(*settings, headers, body, keys, kNow);
    if (decide(facts, {}) != Refusal::BadSignature) state.SkipWithError("expected bad_signature");
  }
}

void CostliestGitHub(benchmark::State& state) {
  const std::string signature = "sha256=" + std::string(64, 'a');
  costliest(state, Scheme::GitHub,
            {{"x-github-event", "push"}, {"x-github-delivery", kId}, {"x-hub-signature-256", signature}});
}
BENCHMARK(CostliestGitHub)->Unit(benchmark::kMicrosecond);

void CostliestStripe(benchmark::State& state) {
  std::string signature = "t=" + std::to_string(kTime);
  for (std::size_t i = 0; i < kMaxSignatures; ++i) signature += ",v1=" + std::string(64, 'a');
  costliest(state, Scheme::Stripe, {{"stripe-signature", signature}});
}
BENCHMARK(CostliestStripe)->Unit(benchmark::kMicrosecond);

void CostliestSlack(benchmark::State& state) {
  const std::string time = std::to_string(kTime);
  const std::string signature = "v0=" + std::string(64, 'a');
  costliest(state, Scheme::Slack, {{"x-slack-request-timestamp", time}, {"x-slack-signature", signature}});
}
BENCHMARK(CostliestSlack)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sealpost
