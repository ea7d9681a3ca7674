// A receiver's whole check, over the public headers alone. The first octet says whether what follows is truly
// signed; then header lines "name: value", an empty line, and the body. Nothing unsigned is accepted; what is
// signed is refused only for its added headers or for what the body says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sealpost/sign.h"
#include "sealpost/verify.h"

namespace {

using namespace sealpost::sdk;

constexpr TimePoint kNow{std::chrono::seconds(1'700'000'000)};
constexpr std::size_t kMaxBody = 2048;

void require(bool condition) {
  if (!condition) std::abort();
}

// 32 octets of zero; put together here, so that no secret stands in the source.
Secret hmac_key() { return Secret::take("whsec_" + std::string(43, 'A') + "="); }

Verifier make_verifier(Verifier::Options options) {
  std::vector<Key> keys;
  keys.push_back({.id = "h", .material = hmac_key()});
  // The curve's base point: a key whose private half nobody needs here.
  keys.push_back({.id = "e", .material = Secret::take("whpk_WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=")});
  options.max_body_bytes = kMaxBody;
  auto verifier = Verifier::create(std::move(keys), std::move(options));
  require(verifier.ok());
  return *std::move(verifier);
}

std::vector<Header> take_headers(std::string_view& text) {
  std::vector<Header> headers;
  while (headers.size() < 32) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) break;
    headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  return headers;
}

void check_refusal(const Refusal& refusal) {
  require(name(refusal.code) != "unknown");
  const int status = suggested_status(refusal);
  require(status == 204 || (status >= 400 && status <= 503));
}

void check_signed(const Verifier& plain, const Verifier& strict, std::vector<Header> headers,
                  std::string_view body) {
  std::vector<Secret> keys;
  keys.push_back(hmac_key());
  const auto made = Signer::create(keys)->sign("msg_1", body, kNow);
  require(made.ok());
  const bool untouched = headers.empty() && body.size() <= kMaxBody;
  headers.insert(headers.end(), {{"webhook-id", made->id},
                                 {"webhook-timestamp", made->timestamp},
                                 {"webhook-signature", made->signature}});
  MemoryReplayStore store;
  auto first = plain.verify_once(body, headers, store, kNow);
  require(first.ok() || !untouched);
  if (!first) return check_refusal(first.error());
  require(first->event().id == "msg_1" && first->event().body == body && first->event().key_id == "h");
  first->commit();
  const auto second = plain.verify_once(body, headers, store, kNow);
  require(!second.ok() && second.error().code == RefusalCode::Replayed && second.error().already_processed);
  const auto addressed = strict.verify(body, headers, kNow);
  if (addressed) return require(addressed->type == "a.b");
  const RefusalCode code = addressed.error().code;
  require(code == RefusalCode::UnexpectedAudience || code == RefusalCode::EventTypeNotAllowed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Verifier plain = make_verifier({});
  static const Verifier strict = make_verifier({.endpoint = "end_1", .event_types = {"a.b"}});
  static const Verifier ed25519 = make_verifier({.require_ed25519 = true});
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto headers = take_headers(text);
  for (const Verifier* verifier : {&plain, &ed25519}) {
    const auto outcome = verifier->verify(text, headers, kNow);
    require(!outcome.ok());
    check_refusal(outcome.error());
  }
  if (data[0] % 2 == 1) check_signed(plain, strict, headers, text);
  return 0;
}
