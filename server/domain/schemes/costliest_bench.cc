// What a stranger who holds no key can make us do: for every scheme the request that costs most, at the
// scheme's own bound of the body and at the largest one that a source may be given. A run is all that happens
// until the refusal is answered: the facts, the decision, and what the refusal's record says (explain(),
// which Acceptance asks for at the first of a kind). The body is never read as JSON before a signature
// matches, so what it holds does not matter.
//
// Names: Costliest/<default|largest>/<scheme>/<shape>, one per way to ask for the most work; which shape
// costs most, the figures say.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>

#include "domain/schemes/internal/text.h"
#include "domain/schemes/sign.h"
#include "domain/schemes/verify.h"

namespace sealpost {
namespace {

constexpr std::int64_t kTime = 1'700'000'000;
const VerificationTime kNow{std::chrono::seconds(kTime)};
constexpr std::size_t kMaxHeaders = 100;  // as edge/http_server lets through

class FixedEntropy final : public Entropy {
 public:
  explicit FixedEntropy(std::uint8_t first) : next_(first) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = next_++;
  }

 private:
  std::uint8_t next_;
};

struct Bound {
  std::string_view name;
  std::size_t (*of)(Scheme);
};
constexpr Bound kBounds[] = {
    {"default", default_max_body},
    {"largest", [](Scheme) { return SchemeSettings::kMaxBodyBytes; }},
};

struct Shape {
  Scheme scheme;
  std::string_view name;
  std::size_t ed25519_keys = 0;        // of kMaxVerificationKeys, the rest being HMAC keys
  std::size_t ed25519_signatures = 0;  // of kMaxSignatures
  std::size_t largest_body = SchemeSettings::kMaxBodyBytes;
};
// Where Ed25519 is checked, a body of kLargeEd25519Body is looked at more often than a larger one.
constexpr Shape kShapes[] = {
    {Scheme::StandardV1, "hmac"},
    {Scheme::StandardV1, "both", 1, kMaxSignatures - 1},
    {Scheme::StandardV1, "both_64KiB", 2, kMaxSignatures - 1, kLargeEd25519Body},
    {Scheme::StandardV1, "ed25519", kMaxVerificationKeys, kMaxSignatures},
    {Scheme::StandardV1a, "ed25519", kMaxVerificationKeys, kMaxSignatures},
    {Scheme::StandardV1a, "ed25519_64KiB", kMaxVerificationKeys, kMaxSignatures, kLargeEd25519Body},
    {Scheme::GitHub, "hmac"},
    {Scheme::Stripe, "hmac"},
    {Scheme::Slack, "hmac"},
    {Scheme::GitLabToken, "token"},
    {Scheme::GitLabSigned, "hmac"},
    {Scheme::GenericHmac, "hex"},
    {Scheme::GenericHmac, "base64"},
};
static_assert(
    [] {
      for (const Scheme scheme : kAllSchemes) {
        bool shown = false;
        for (const Shape& shape : kShapes) shown = shown || shape.scheme == scheme;
        if (!shown) return false;
      }
      return true;
    }(),
    "a scheme whose costliest request nobody measures");

// One such request to a source with as many keys as it may have. The signatures have the right form and are
// of keys that the source does not have.
class Request final {
 public:
  Request(const Shape& shape, std::size_t body_size)
      : settings_(*SchemeSettings::create(options(shape))), body_(body_size, 'x') {
    add_keys(shape);
    add_headers(shape);
    fill_up_headers();
    for (const auto& [name, value] : headers_) views_.push_back({name, value});
  }

  std::optional<Refusal> refuse(benchmark::State& state) const {
    const SignatureFacts facts = gather(settings_, views_, body_, keys_, kNow);
    const auto refusal = decide(facts, {});
    const VerificationTrace trace = explain(settings_, views_, body_, keys_, kNow);
    // A request that is cut short somewhere would be a cheaper one than meant.
    if (!trace.signed_sha256 || trace.key_ids_tried.size() != kMaxVerificationKeys)
      state.SkipWithError("a request that does not come as far as the signature");
    benchmark::DoNotOptimize(facts);
    benchmark::DoNotOptimize(trace);
    return refusal;
  }

 private:
  static SchemeSettings::Options options(const Shape& shape) {
    SchemeSettings::Options made{.scheme = shape.scheme, .max_body_bytes = SchemeSettings::kMaxBodyBytes};
    if (shape.scheme != Scheme::GenericHmac) return made;
    made.hmac_template = HmacTemplate{
        .signature_header = std::string(63, 'x') + 's',
        .prefix = std::string(32, 'p'),
        .encoding = shape.name == "hex" ? SignatureEncoding::Hex : SignatureEncoding::Base64,
        .timestamp_header = std::string(63, 'x') + 't',
        .id_header = std::string(63, 'x') + 'i',
        .event_type_header = std::string(63, 'x') + 'e',
        // As many pieces as there may be, and nearly as much text.
        .parts = *parse_template(std::string(100, 'a') + ".{id}." + std::string(100, 'b') +
                                 ".{timestamp}.{body}.z"),
    };
    return made;
  }

  void add_keys(const Shape& shape) {
    FixedEntropy entropy(7);
    for (std::uint8_t i = 0; i < kMaxVerificationKeys; ++i) {
      VerificationKey key{.id = "key_" + std::string(26, static_cast<char>('a' + i)),
                          .material = HmacSha256(Bytes(32, i))};
      if (i < shape.ed25519_keys) {
        const auto own = Ed25519PrivateKey::generate(entropy);
        key.material = *Ed25519PublicKey::create(own.public_bytes());
      } else if (shape.scheme == Scheme::GitLabToken) {
        key.material = SecretBytes::take(Bytes(256, i));
      }
      keys_.push_back(std::move(key));
    }
  }

  // `one` makes the i-th of so many.
  template <class One>
  static std::string list_of(std::size_t count, std::string_view separator, const One& one) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += std::string(i == 0 ? "" : separator) + one(i);
    return list;
  }
  static std::string hex(std::size_t i) { return std::string(64, static_cast<char>('a' + i % 6)); }
  // The last character holds four bits alone: one of A, E, ... Y leaves the rest zero, as it has to be.
  static std::string base64(std::size_t i) {
    return std::string(43, static_cast<char>('A' + i % 7 * 4)) + '=';
  }

  void add(std::string_view name, std::string value) { headers_.emplace_back(name, std::move(value)); }

  void add_standard(const Shape& shape) {
    const std::string id(kMaxIdLength, 'i');
    FixedEntropy entropy(1);  // another sequence than that of our keys
    add("webhook-id", id);
    add("webhook-timestamp", std::to_string(kTime));
    add("webhook-signature", list_of(kMaxSignatures, " ", [&](std::size_t i) {
          if (i + shape.ed25519_signatures < kMaxSignatures) return "v1," + base64(i);
          // Of another body: a check ends no sooner for that.
          return *sign_standard_v1a(id, kTime, {}, Ed25519PrivateKey::generate(entropy));
        }));
  }

  void add_headers(const Shape& shape) {
    const std::string event(128, 'e');
    const std::string id(kMaxIdLength, 'i');
    switch (shape.scheme) {
      case Scheme::StandardV1:
      case Scheme::StandardV1a:
        return add_standard(shape);
      case Scheme::GitLabSigned:
        add("X-Gitlab-Event", event);
        return add_standard(shape);
      case Scheme::GitHub:
        add("X-GitHub-Event", event);
        add("X-GitHub-Delivery", id);
        return add("X-Hub-Signature-256", "sha256=" + hex(0));
      case Scheme::Stripe:
        return add("Stripe-Signature",
                   "t=" + std::to_string(kTime) + ',' + list_of(kMaxSignatures, ",", [](std::size_t i) {
                     return "v1=" + hex(i);
                   }) + list_of(7, "", [](std::size_t i) { return ",v0=" + hex(i); }));
      case Scheme::Slack:
        add("X-Slack-Request-Timestamp", std::to_string(kTime));
        return add("X-Slack-Signature", "v0=" + hex(0));
      case Scheme::GitLabToken:
        add("X-Gitlab-Event", event);
        add("Idempotency-Key", id);
        return add("X-Gitlab-Token", std::string(256, 't'));
      case Scheme::GenericHmac: {
        const HmacTemplate& t = *settings_.hmac_template();
        add(t.id_header, id);
        add(t.timestamp_header, std::to_string(kTime));
        add(t.event_type_header, event);
        return add(t.signature_header, list_of(kMaxSignatures, ",", [&](std::size_t i) {
                     return t.prefix + (t.encoding == SignatureEncoding::Hex ? hex(i) : base64(i));
                   }));
      }
    }
  }

  // Names that differ from the one that is looked for as late as a comparison can find out.
  void fill_up_headers() {
    std::string name = headers_.back().first;
    name[name.size() - 2] = '~';
    while (headers_.size() < kMaxHeaders) headers_.emplace(headers_.begin(), name, "1");
  }

  SchemeSettings settings_;
  Bytes body_;
  std::vector<VerificationKey> keys_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<HeaderView> views_;
};

void costliest(benchmark::State& state, const Shape& shape, std::size_t body_size) {
  const Request request(shape, body_size);
  for (auto _ : state)
    if (request.refuse(state) != Refusal::BadSignature) state.SkipWithError("expected bad_signature");
}

const bool kRegistered = [] {
  for (const Bound& bound : kBounds) {
    for (const Shape& shape : kShapes) {
      const std::string title = "Costliest/" + std::string(bound.name) + '/' +
                                std::string(name(shape.scheme)) + '/' + std::string(shape.name);
      const std::size_t size = std::min(bound.of(shape.scheme), shape.largest_body);
      benchmark::RegisterBenchmark(title.c_str(), costliest, shape, size)->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace sealpost
