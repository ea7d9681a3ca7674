// What happened, in five groups of fields that can be disclosed and erased apart from each other. Only what
// stands in a group is evidence: a field that is stored and not committed here is a bug. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/model/retention.h"
#include "domain/model/tenancy.h"
#include "domain/tlog/canonical_fields.h"

namespace sealpost {

// In ascending order of label, which is the order commitments are made in.
enum class AuditGroup : std::uint8_t { Free, Payload, What, Where, Who };
inline constexpr std::array kAuditGroups{AuditGroup::Free, AuditGroup::Payload, AuditGroup::What,
                                         AuditGroup::Where, AuditGroup::Who};

[[nodiscard]] constexpr std::string_view label_of(AuditGroup group) {
  switch (group) {
    case AuditGroup::Free:
      return "free";
    case AuditGroup::Payload:
      return "payload";
    case AuditGroup::What:
      return "what";
    case AuditGroup::Where:
      return "where";
    case AuditGroup::Who:
      return "who";
  }
  return "";
}
[[nodiscard]] constexpr RetentionClass retention_of(AuditGroup group) {
  switch (group) {
    case AuditGroup::Free:
      return RetentionClass::AuditFree;
    case AuditGroup::Payload:
      return RetentionClass::AuditPayload;
    case AuditGroup::What:
      return RetentionClass::AuditWhat;
    case AuditGroup::Where:
      return RetentionClass::AuditWhere;
    case AuditGroup::Who:
      return RetentionClass::AuditWho;
  }
  return RetentionClass::AuditFree;
}

class AuditEvent final {
 public:
  // `event_class` is a constant of the program such as "message.accepted": a-z, 0-9, dots, underscores.
  AuditEvent(std::string_view event_class, const Tenancy& tenancy, WallTime at)
      : event_class_(event_class), tenancy_(tenancy), at_(at) {}

  [[nodiscard]] CanonicalFields& in(AuditGroup group) {
    auto& fields = groups_[static_cast<std::size_t>(group)];
    if (!fields) fields.emplace();
    return *fields;
  }
  [[nodiscard]] CanonicalFields& who() { return in(AuditGroup::Who); }
  [[nodiscard]] CanonicalFields& what() { return in(AuditGroup::What); }
  [[nodiscard]] CanonicalFields& where() { return in(AuditGroup::Where); }
  [[nodiscard]] CanonicalFields& payload() { return in(AuditGroup::Payload); }

  [[nodiscard]] std::string_view event_class() const { return event_class_; }
  [[nodiscard]] const Tenancy& tenancy() const { return tenancy_; }
  [[nodiscard]] WallTime at() const { return at_; }
  // Null when the group holds nothing.
  [[nodiscard]] const CanonicalFields* find(AuditGroup group) const {
    const auto& fields = groups_[static_cast<std::size_t>(group)];
    return fields ? &*fields : nullptr;
  }

 private:
  std::string_view event_class_;
  Tenancy tenancy_;
  WallTime at_;
  std::array<std::optional<CanonicalFields>, kAuditGroups.size()> groups_;
};

}  // namespace sealpost
