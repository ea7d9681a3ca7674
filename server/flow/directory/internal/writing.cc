#include "flow/directory/internal/writing.h"

#include <algorithm>
#include <string_view>

#include "domain/policy/redaction.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxEventTypes = 200;
constexpr std::size_t kMaxEventTypeBytes = 128;
constexpr std::uint32_t kMaxKeepDays = 365;

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}
// With spaces inside, because GitLab's types hold them.
bool is_event_type(std::string_view text) {
  if (text.empty() || text.size() > kMaxEventTypeBytes || !is_word(text.front()) || text.back() == ' ')
    return false;
  return std::ranges::all_of(
      text, [](char c) { return is_word(c) || c == '.' || c == ':' || c == '/' || c == '-' || c == ' '; });
}

}  // namespace

Result<SigningKey, KeyLifeError> destroy_from_any_state(SigningKey key, WallTime now) {
  if (effective_state(key, now) == KeyState::Active) {
    SEALPOST_TRY(key, begin_retirement(std::move(key), Milliseconds(0), now));
  } else if (effective_state(key, now) == KeyState::Retiring) {
    SEALPOST_TRY(key, finish_retirement(std::move(key), now));
  }
  return destroy_key(std::move(key), now);
}

bool are_event_types(const std::vector<std::string>& types) {
  return types.size() <= kMaxEventTypes && std::ranges::all_of(types, is_event_type);
}

Operation<void> judge_event_rules(const std::vector<EventRule>& rules,
                                  const std::vector<std::string>& accepted) {
  const auto bad = [](std::size_t index, const char* member, std::string detail) {
    return refuse(PublicCode::ValidationFailed, std::move(detail),
                  {"/event_rules/" + std::to_string(index) + member});
  };
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const EventRule& rule = rules[i];
    if (!rule.event_type.empty()) {
      if (!is_event_type(rule.event_type)) return bad(i, "/event_type", "not an event type");
      if (!accepted.empty() && std::ranges::find(accepted, rule.event_type) == accepted.end())
        return bad(i, "/event_type", "a type that is never accepted here");
    }
    if (rule.keep_payload_days > kMaxKeepDays) return bad(i, "/keep_payload_days", "more than 365 days");
    if (rule.fields.empty() && rule.keep_payload_days == 0) return bad(i, "", "a rule that changes nothing");
    if (auto alone = RedactionPlan::create({rule}); !alone)
      return bad(i, "/fields", "a pointer that names nothing, or too many");
  }
  if (auto plan = RedactionPlan::create(rules); !plan)
    return refuse(PublicCode::ValidationFailed, "two rules for one event type, or too many",
                  {"/event_rules"});
  return {};
}

}  // namespace sealpost
