// What kind of content a data key protects. Content that may end at different times never shares a key, so
// that destroying one day of one class takes nothing else with it. Numbers and names are stored: append only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sealpost {

enum class RetentionClass : std::uint8_t {
  Payload = 1,   // until the last delivery has ended
  Inbox = 2,     // what people read in a channel
  Digest = 3,    // keys the stored digests of bodies
  Summary = 4,   // redacted summaries and excerpts
  AuditWho = 5,  // the field groups of an audit record, each erasable alone
  AuditWhat = 6,
  AuditWhere = 7,
  AuditPayload = 8,
  AuditFree = 9,
};
inline constexpr std::array kAllRetentionClasses{
    RetentionClass::Payload,    RetentionClass::Inbox,        RetentionClass::Digest,
    RetentionClass::Summary,    RetentionClass::AuditWho,     RetentionClass::AuditWhat,
    RetentionClass::AuditWhere, RetentionClass::AuditPayload, RetentionClass::AuditFree,
};

[[nodiscard]] constexpr std::string_view name_of(RetentionClass retention) {
  switch (retention) {
    case RetentionClass::Payload:
      return "payload";
    case RetentionClass::Inbox:
      return "inbox";
    case RetentionClass::Digest:
      return "digest";
    case RetentionClass::Summary:
      return "summary";
    case RetentionClass::AuditWho:
      return "audit_who";
    case RetentionClass::AuditWhat:
      return "audit_what";
    case RetentionClass::AuditWhere:
      return "audit_where";
    case RetentionClass::AuditPayload:
      return "audit_payload";
    case RetentionClass::AuditFree:
      return "audit_free";
  }
  return "unknown";
}

[[nodiscard]] constexpr std::optional<RetentionClass> retention_class_from(std::string_view name) {
  for (const RetentionClass retention : kAllRetentionClasses)
    if (name_of(retention) == name) return retention;
  return std::nullopt;
}

}  // namespace sealpost
