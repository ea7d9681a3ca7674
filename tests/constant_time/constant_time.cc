// One comparison of something secret, for callgrind to count: `sealpost_constant_time CASE VARIANT`. The
// variant is 0 for a candidate that differs in the first octet of what is compared, 1 for the last, 2 for one
// that is right. Only what runs inside sealpost_measured() counts; the answer is printed, 1 for "the same".
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/identity/access_token.h"
#include "access/identity/client_secret.h"
#include "domain/schemes/verify.h"
#include "foundation/bytes/secret_access.h"
#include "foundation/result/result.h"
#include "trust/vault/testing/vault_fixture.h"

using Comparison = std::function<bool()>;

// By its name it is found again in what callgrind saw, so it may be neither inlined nor cloned.
extern "C" [[gnu::noinline]] bool sealpost_measured(const Comparison* comparison) {
  const bool same = (*comparison)();
  // Something to do after the call: a tail call would leave this function before it began.
  asm volatile("" ::: "memory");
  return same;
}

namespace sealpost {
namespace {

enum class Variant { First, Last, Right };

// `octets` with one bit changed where the variant says.
template <class Octets>
Octets candidate(Octets octets, Variant variant) {
  if (variant == Variant::First) octets[0] = static_cast<typename Octets::value_type>(octets[0] ^ 1);
  if (variant == Variant::Last)
    octets[octets.size() - 1] = static_cast<typename Octets::value_type>(octets[octets.size() - 1] ^ 1);
  return octets;
}

Bytes sample(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(31 * i + 7);
  return out;
}

// ---- Comparisons alone ----

// The mistake that the test must see: it stops at the first difference.
bool leaky_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return false;
  return true;
}

Comparison leaky(Variant variant) {
  return [a = sample(32), b = candidate(sample(32), variant)] { return leaky_equal(a, b); };
}
// 43 octets: whole words, and a rest.
Comparison bytes(Variant variant) {
  return [a = sample(43), b = candidate(sample(43), variant)] { return constant_time_equal(a, b); };
}
Comparison secret_bytes(Variant variant) {
  static const SecretBytes a = SecretBytes::copy_of(sample(43));
  static const SecretBytes b = SecretBytes::copy_of(candidate(sample(43), variant));
  return [] { return a.equals(b); };
}
Comparison hmac(Variant variant) {
  static const HmacSha256 key(ByteView(sample(32)));
  return
      [tag = candidate(key.tag(as_bytes("body")), variant)] { return key.verify({as_bytes("body")}, tag); };
}

// ---- A request's whole check, up to its refusal ----

// With what each scheme asks of a body that its event type names.
constexpr std::string_view kBody = R"({"type":"a.b","object_kind":"push","ref":"r","commits":[]})";
constexpr VerificationTime kNow{std::chrono::seconds(1'700'000'000)};

struct Request {
  SchemeSettings settings;
  std::vector<VerificationKey> keys{};
  std::vector<std::pair<std::string, std::string>> headers{};

  [[nodiscard]] bool accepted() const {
    std::vector<HeaderView> views;
    for (const auto& [name, value] : headers) views.push_back({name, value});
    return !decide(gather(settings, views, as_bytes(kBody), keys, kNow), {}).has_value();
  }
};

Comparison check(Request&& request) {
  static const Request kept = std::move(request);
  return [] { return kept.accepted(); };
}

Request request_under(Scheme scheme) { return {.settings = *SchemeSettings::create({.scheme = scheme})}; }

Comparison standard_v1(Variant variant) {
  Request request = request_under(Scheme::StandardV1);
  const HmacSha256 key{ByteView(sample(32))};
  const Hash256 tag = key.tag({as_bytes("msg_1.1700000000."), as_bytes(kBody)});
  request.headers = {{"webhook-id", "msg_1"},
                     {"webhook-timestamp", "1700000000"},
                     {"webhook-signature", "v1," + to_base64(candidate(tag, variant))}};
  request.keys.push_back({.id = "k", .material = HmacSha256(ByteView(sample(32)))});
  return check(std::move(request));
}

Comparison github(Variant variant) {
  Request request = request_under(Scheme::GitHub);
  const HmacSha256 key{ByteView(sample(32))};
  request.headers = {
      {"X-GitHub-Event", "push"},
      {"X-GitHub-Delivery", "11111111-2222-3333-4444-555555555555"},
      {"X-Hub-Signature-256", "sha256=" + to_hex(candidate(key.tag(as_bytes(kBody)), variant))}};
  request.keys.push_back({.id = "k", .material = HmacSha256(ByteView(sample(32)))});
  return check(std::move(request));
}

Comparison gitlab_token(Variant variant) {
  constexpr std::string_view kToken = "a token of some thirty octets";
  Request request = request_under(Scheme::GitLabToken);
  request.headers = {{"X-Gitlab-Event", "Push Hook"},
                     {"X-Gitlab-Token", candidate(std::string(kToken), variant)}};
  request.keys.push_back({.id = "k", .material = SecretBytes::copy_of(as_bytes(kToken))});
  return check(std::move(request));
}

// ---- Client secrets and access tokens ----

// The text behind the prefix with one octet of `size` changed, `from_end` octets before the end of what the
// checksum covers, and the checksum made right again: what a guesser sends who knows the form.
std::string changed_text(std::string_view text, std::size_t from_end, std::size_t size, Variant variant) {
  constexpr std::size_t kPrefix = 9;
  Bytes raw = *from_base32(text.substr(kPrefix));
  raw.resize(raw.size() - 4);
  const std::size_t first = raw.size() - from_end;
  if (variant == Variant::First) raw[first] ^= 1;
  if (variant == Variant::Last) raw[first + size - 1] ^= 1;
  Bytes checked;
  append(checked, text.substr(0, kPrefix));
  append(checked, raw);
  append_u32(raw, crc32c(checked));
  return std::string(text.substr(0, kPrefix)) + to_base32(raw);
}

struct Client {
  Client()
      : ids(vault.vault->make_public_id_codec({{1, 0}})), picture(std::make_shared<DirectorySnapshot>()) {
    credential.head.position = 1ULL << 40;
    credential.head.tenancy = {OrganizationId{1ULL << 30}, Environment::Live};
    auto made = make_client_secret(*vault.vault, credential.head.tenancy, credential.id(), vault.entropy);
    credential.secret_hash = made.hash;
    text = as_text(made.text.reveal(SecretAccess("the candidates are made from it")));
  }
  void publish() {
    auto next = std::make_shared<DirectorySnapshot>();
    next->credentials.emplace(credential.head.position, std::make_shared<const Credential>(credential));
    picture = std::move(next);
  }
  [[nodiscard]] bool accepted(std::string_view id, std::string_view secret) const {
    return authenticate_client(*vault.vault, ids, *picture, id, secret, vault.clock.wall_now()).ok();
  }

  VaultFixture vault;
  PublicIdCodec ids;
  Credential credential;
  std::shared_ptr<const DirectorySnapshot> picture;
  std::string text;
};

// The keyed tag inside the secret, 8 octets before the checksum.
Comparison client_secret_tag(Variant variant) {
  static Client client;
  client.publish();
  return [id = client.ids.encode(client.credential.id()), secret = changed_text(client.text, 8, 8, variant)] {
    return client.accepted(id, secret);
  };
}

// What the store holds of the secret.
Comparison client_secret_hash(Variant variant) {
  static Client client;
  client.credential.secret_hash = candidate(client.credential.secret_hash, variant);
  client.publish();
  return [id = client.ids.encode(client.credential.id())] { return client.accepted(id, client.text); };
}

// The authenticator of a sealed token, its last 16 octets.
Comparison access_token(Variant variant) {
  static VaultFixture vault;
  static const TokenDenyList denied;
  static const AccessTokens tokens(*vault.vault, denied);
  const WallTime now = vault.clock.wall_now();
  TokenClaims claims;
  claims.tenancy = {OrganizationId{1}, Environment::Live};
  claims.issued_at = now;
  claims.expires_at = now + std::chrono::minutes(10);
  const SecretBytes minted = tokens.mint(claims, vault.entropy);
  const std::string_view text = as_text(minted.reveal(SecretAccess("the candidates are made from it")));
  return [text = changed_text(text, 16, 16, variant), now] { return tokens.verify(text, now).ok(); };
}

const std::map<std::string_view, Comparison (*)(Variant)> kCases{
    {"leaky", leaky},
    {"bytes", bytes},
    {"secret_bytes", secret_bytes},
    {"hmac", hmac},
    {"standard_v1", standard_v1},
    {"github", github},
    {"gitlab_token", gitlab_token},
    {"client_secret_tag", client_secret_tag},
    {"client_secret_hash", client_secret_hash},
    {"access_token", access_token},
};

}  // namespace
}  // namespace sealpost

int main(int argc, char** argv) {
  using namespace sealpost;
  if (argc == 1) {
    for (const auto& [name, make] : kCases) std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
    return 0;
  }
  const auto found = argc == 3 ? kCases.find(argv[1]) : kCases.end();
  const std::string_view variant = argc == 3 ? argv[2] : "";
  if (found == kCases.end() || variant.size() != 1 || variant[0] < '0' || variant[0] > '2') {
    std::fputs("usage: sealpost_constant_time [CASE 0|1|2]\n", stderr);
    return 2;
  }
  const Comparison comparison = found->second(static_cast<Variant>(variant[0] - '0'));
  std::printf("%d\n", sealpost_measured(&comparison) ? 1 : 0);
  return 0;
}
