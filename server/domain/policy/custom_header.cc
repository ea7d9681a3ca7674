#include "domain/policy/custom_header.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

// Several signatures and their scheme fit.
constexpr std::size_t kMaxOwnName = 128;
constexpr std::size_t kMaxOwnValue = 4096;

// libcurl and the protocol decide these, or a proxy on the way; a second opinion is how requests are
// smuggled.
constexpr std::array<std::string_view, 14> kFraming = {
    "host",   "content-length", "transfer-encoding", "connection",  "keep-alive",        "te",  "trailer",
    "expect", "upgrade",        "http2-settings",    "client-cert", "client-cert-chain", "via", "forwarded"};
constexpr std::array<std::string_view, 2> kFramingPrefixes = {"proxy-", "x-forwarded-"};
// The body and the signature are ours, and so is what describes them.
constexpr std::array<std::string_view, 5> kOurs = {"content-type", "content-encoding", "user-agent", "date",
                                                   "accept-encoding"};
constexpr std::array<std::string_view, 3> kOurPrefixes = {"webhook-", "sealpost-", "x-sealpost-"};

// Receivers behind CGI and its heirs read an underscore as a hyphen.
std::string as_read(std::string_view name) {
  std::string read(name);
  std::ranges::replace(read, '_', '-');
  return read;
}

bool reserved(std::string_view read, std::span<const std::string_view> names,
              std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(names, [&](auto name) { return equal_ignoring_case(read, name); }) ||
         std::ranges::any_of(prefixes, [&](auto prefix) {
           return equal_ignoring_case(read.substr(0, prefix.size()), prefix);
         });
}

Result<void, HeaderRefusal> judge_form(std::string_view name, std::string_view value, std::size_t most_name,
                                       std::size_t most_value) {
  if (name.size() > most_name || !is_header_name(name)) return fail(HeaderRefusal::Name);
  // What is no ASCII two implementations would decode differently.
  const bool ascii = std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (value.size() > most_value || !ascii || !is_header_value(value)) return fail(HeaderRefusal::Value);
  return {};
}

}  // namespace

Result<void, HeaderRefusal> judge_own_header(std::string_view name, std::string_view value) {
  SEALPOST_TRY_VOID(judge_form(name, value, kMaxOwnName, kMaxOwnValue));
  if (reserved(as_read(name), kFraming, kFramingPrefixes)) return fail(HeaderRefusal::Reserved);
  return {};
}

Result<void, HeaderRefusal> judge_custom_header(std::string_view name, std::string_view value) {
  SEALPOST_TRY_VOID(judge_form(name, value, kMaxCustomHeaderName, kMaxCustomHeaderValue));
  const std::string read = as_read(name);
  if (reserved(read, kFraming, kFramingPrefixes) || reserved(read, kOurs, kOurPrefixes))
    return fail(HeaderRefusal::Reserved);
  return {};
}

}  // namespace sealpost
