// The names of the fields that records are made of. In the bytes that are committed to, a name stands in
// full; in storage, a name of this list takes one octet, which makes a record a third shorter. The position
// in the list is that octet: names are added at the end, never moved and never taken out.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealpost {

inline constexpr std::size_t kMaxCanonicalKeyBytes = 64;

inline constexpr std::array<std::string_view, 78> kStoredFieldNames{
    "accepted_ms",
    "actor",
    "actor_kind",
    "attempt",
    "attempts_before",
    "cancelled_deliveries",
    "category",
    "code",
    "content_type",
    "count",
    "credential_id",
    "deletion",
    "delivery",
    "digest",
    "digest_key",
    "egress_policy_version",
    "egress_refusal",
    "encryption",
    "ended_by",
    "ended_credentials",
    "ended_grants",
    "ended_ms",
    "endpoint",
    "environment",
    "epoch",
    "event_id",
    "event_type",
    "event_type_authenticated",
    "expires_ms",
    "facts_sha256",
    "failure_class",
    "first_ms",
    "grant",
    "grant_version",
    "header_values_set",
    "http_status",
    "integration",
    "integration_id",
    "key",
    "keys",
    "last_ms",
    "location",
    "message",
    "minted_token_id",
    "network",
    "next_attempt_ms",
    "number",
    "organization",
    "organization_id",
    "passed",
    "payload_key",
    "policy",
    "policy_version",
    "prepared_ms",
    "reason",
    "received_ms",
    "refusal",
    "remote_address",
    "request",
    "result",
    "retention",
    "scheme",
    "scope",
    "signature",
    "size",
    "source",
    "source_address",
    "source_system",
    "started_ms",
    "state",
    "steps_sha256",
    "summary",
    "target",
    "target_version",
    "targets",
    "throw_away",
    "url_changed",
    "workspace",
};

namespace tlog_internal {

[[nodiscard]] constexpr bool is_field_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMaxCanonicalKeyBytes && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

// 1 and up for a name of the list, 0 for any other.
[[nodiscard]] constexpr std::uint8_t stored_code(std::string_view name) {
  const auto it = std::ranges::find(kStoredFieldNames, name);
  return it == kStoredFieldNames.end() ? std::uint8_t{0}
                                       : static_cast<std::uint8_t>(it - kStoredFieldNames.begin() + 1);
}

}  // namespace tlog_internal

// A field's name: a-z 0-9 . _ -, 1 to 64 octets, beginning with a letter or digit. A literal is judged by the
// compiler and costs nothing when the program runs. Value type; does not own its text.
class FieldName final {
 public:
  template <std::size_t N>
  consteval FieldName(const char (&literal)[N])  // NOLINT(google-explicit-constructor): literals are names
      : text_(literal, N - 1), code_(tlog_internal::stored_code(text_)) {
    if (!tlog_internal::is_field_name(text_)) throw "not a field name";
  }
  // A name made while the program runs; valid() tells whether it is one.
  [[nodiscard]] static FieldName of(std::string_view text) {
    return tlog_internal::is_field_name(text) ? FieldName(text, tlog_internal::stored_code(text))
                                              : FieldName({}, 0);
  }

  [[nodiscard]] bool valid() const { return !text_.empty(); }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint8_t code() const { return code_; }

 private:
  FieldName(std::string_view text, std::uint8_t code) : text_(text), code_(code) {}
  std::string_view text_;
  std::uint8_t code_ = 0;
};

}  // namespace sealpost
