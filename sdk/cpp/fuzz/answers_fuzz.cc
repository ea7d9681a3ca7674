// Whatever answers where a gateway should: reading ends in a value or in nothing, and a value holds what its
// readers rely on. The first octet chooses what is read.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "answers.h"
#include "exchange.h"
#include "foundation/json/json.h"
#include "foundation/result/result.h"

namespace sealpost::sdk {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1'700'000'000)};

void check_time(std::string_view text) {
  if (const auto time = read_time(text)) SEALPOST_CHECK(write_time(*time) == text);
  if (const auto wait = read_retry_after(text, kNow)) SEALPOST_CHECK(wait->count() >= 0);
}

void check_token(std::string_view text) {
  std::string own(text);
  const auto token = read_token(own);
  SEALPOST_CHECK(own.empty());
  if (!token) return;
  const std::string_view header = token->authorization.reveal_secret_text();
  SEALPOST_CHECK(header.starts_with("Bearer ") && header.size() > 7);
  SEALPOST_CHECK(header.find_first_of("\r\n \t", 7) == std::string_view::npos);
  SEALPOST_CHECK(token->lifetime.count() > 0 && token->lifetime.count() <= 86'400);
}

void check_error(std::string_view text) {
  for (const int status : {200, 401, 503, 999}) {
    const Error error = read_error(status, text, text);
    SEALPOST_CHECK(!error.code.empty() && error.status == status);
    // It goes into one line of a log.
    SEALPOST_CHECK(to_string(error).find_first_of("\r\n") == std::string::npos);
  }
}

void check_batch(std::string_view text) {
  const std::array<std::string, 2> keys{"first", "second"};
  const auto batch = read_batch(text, keys);
  if (!batch) return;
  SEALPOST_CHECK(batch->size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    SEALPOST_CHECK((*batch)[i].ok() || (*batch)[i].error().idempotency_key == keys[i]);
}

void check_receipt(std::string_view text) {
  if (const auto receipt = read_receipt(std::string(text))) SEALPOST_CHECK(receipt->json == text);
}

// The one text that the client puts into a body of its own: it can't add members to it.
void check_message(std::string_view text) {
  const auto body = write_message({.type = "a.b", .data = std::string(text)}, "key");
  if (!body) return;
  const auto read = parse_json(*body, {.max_depth = 65, .max_bytes = kMaxPageBytes});
  SEALPOST_CHECK(read.ok() && read->is_object() && read->get_object().size() == 3);
}

void check_rest(std::string_view text) {
  static_cast<void>(read_acceptance(text));
  if (const auto page = read_inbox_page(text))
    for (const auto& item : page->items) SEALPOST_CHECK(item.has_payload || item.payload.empty());
}

constexpr void (*kChecks[])(std::string_view) = {check_time,    check_token,   check_error, check_batch,
                                                 check_receipt, check_message, check_rest};

}  // namespace
}  // namespace sealpost::sdk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  using namespace sealpost::sdk;
  kChecks[data[0] % std::size(kChecks)]({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
