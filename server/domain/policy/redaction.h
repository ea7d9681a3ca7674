// What may be said of a message without its payload. Rules name members and what becomes of them; whatever no
// rule names is dropped, so that a new field is never published by accident. A rule's pointer is an RFC 6901
// JSON pointer in which a token `*` stands for any one member or element. The plan is compiled once per
// source; summarising is pure. Immutable, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "domain/model/records.h"
#include "foundation/result/result.h"

namespace sealpost {

inline constexpr std::size_t kMaxFieldRules = 64;
inline constexpr std::size_t kMaxSummaryBytes = 4096;
inline constexpr std::size_t kMaxSummaryStringBytes = 256;

enum class RedactionError : std::uint8_t {
  BadPointer,  // not an RFC 6901 pointer, or deeper than 16
  TooManyRules,
  DuplicateType,  // two rules for one event type
};

class RedactionPlan final {
 public:
  static Result<RedactionPlan, RedactionError> create(const std::vector<EventRule>& rules);

  // True if a body of this type has to be read at all.
  [[nodiscard]] bool names_fields(std::string_view event_type) const;
  [[nodiscard]] std::uint32_t keep_payload_days(std::string_view event_type) const;
  // A JSON object with the kept members in their places, masked ones as "[masked]". Long strings are cut, and
  // a summary that would pass kMaxSummaryBytes becomes {"truncated":true}.
  [[nodiscard]] std::string summarise(std::string_view event_type, const boost::json::value& body) const;

 private:
  struct Field {
    std::vector<std::string> path;
    FieldTreatment treatment = FieldTreatment::Drop;
  };
  struct Rule {
    std::string event_type;
    std::vector<Field> fields;
    std::uint32_t keep_payload_days = 0;
  };
  [[nodiscard]] const Rule* rule_for(std::string_view event_type) const;
  std::vector<Rule> rules_;
};

}  // namespace sealpost
