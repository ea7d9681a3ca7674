#include "domain/policy/redaction.h"

#include <algorithm>
#include <optional>

namespace sealpost {
namespace {

constexpr std::size_t kMaxDepth = 16;

std::optional<std::vector<std::string>> parse_pointer(std::string_view text) {
  std::vector<std::string> path;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    std::string token;
    for (std::size_t i = 0; i < end; ++i) {
      if (text[i] != '~') {
        token.push_back(text[i]);
        continue;
      }
      if (i + 1 >= end || (text[i + 1] != '0' && text[i + 1] != '1')) return std::nullopt;
      token.push_back(text[++i] == '0' ? '~' : '/');
    }
    path.push_back(std::move(token));
    text.remove_prefix(end);
    if (path.size() > kMaxDepth) return std::nullopt;
  }
  return path;
}

// Cuts at a character boundary, so that what is left is UTF-8 still.
std::string cut(std::string_view text) {
  if (text.size() <= kMaxSummaryStringBytes) return std::string(text);
  std::size_t end = kMaxSummaryStringBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

boost::json::value shortened(const boost::json::value& value) {
  if (value.is_string()) return boost::json::value(cut(std::string_view(value.get_string())));
  if (value.is_array()) {
    boost::json::array out;
    for (const auto& element : value.get_array()) out.push_back(shortened(element));
    return out;
  }
  if (value.is_object()) {
    boost::json::object out;
    for (const auto& member : value.get_object()) out.emplace(member.key(), shortened(member.value()));
    return out;
  }
  return value;
}

// A rule as far as it has been followed: what is left of its path decides the members below.
struct Trail {
  const std::vector<std::string>* path;
  std::size_t depth;
  FieldTreatment treatment;
};

std::optional<boost::json::value> reduce(const boost::json::value& value, const std::vector<Trail>& trails);

std::vector<Trail> follow(const std::vector<Trail>& trails, std::string_view name) {
  std::vector<Trail> next;
  for (const Trail& trail : trails) {
    if (trail.depth >= trail.path->size()) continue;
    const std::string& token = (*trail.path)[trail.depth];
    if (token == "*" || token == name) next.push_back({trail.path, trail.depth + 1, trail.treatment});
  }
  return next;
}

std::optional<boost::json::value> reduce_children(const boost::json::value& value,
                                                  const std::vector<Trail>& trails) {
  if (value.is_object()) {
    boost::json::object out;
    for (const auto& member : value.get_object())
      if (auto kept = reduce(member.value(), follow(trails, std::string_view(member.key()))))
        out.emplace(member.key(), std::move(*kept));
    if (out.empty()) return std::nullopt;
    return out;
  }
  if (value.is_array()) {
    boost::json::array out;
    std::size_t index = 0;
    for (const auto& element : value.get_array())
      if (auto kept = reduce(element, follow(trails, std::to_string(index++))))
        out.push_back(std::move(*kept));
    if (out.empty()) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::optional<boost::json::value> reduce(const boost::json::value& value, const std::vector<Trail>& trails) {
  if (trails.empty()) return std::nullopt;
  // Where several rules end at one place, the strictest holds.
  bool kept = false;
  bool masked = false;
  for (const Trail& trail : trails) {
    if (trail.depth != trail.path->size()) continue;
    if (trail.treatment == FieldTreatment::Drop) return std::nullopt;
    masked = masked || trail.treatment == FieldTreatment::Mask;
    kept = kept || trail.treatment == FieldTreatment::Keep;
  }
  if (masked) return boost::json::value("[masked]");
  const bool rules_below = std::any_of(trails.begin(), trails.end(),
                                       [](const Trail& trail) { return trail.depth < trail.path->size(); });
  if (!kept) return reduce_children(value, trails);
  if (!rules_below || value.is_primitive()) return shortened(value);
  // Kept as a whole, but for what stricter rules below take out again.
  if (value.is_object()) {
    boost::json::object out;
    for (const auto& member : value.get_object()) {
      const auto below = follow(trails, std::string_view(member.key()));
      auto part = below.empty() ? std::optional(shortened(member.value())) : reduce(member.value(), below);
      if (part) out.emplace(member.key(), std::move(*part));
    }
    return out;
  }
  boost::json::array out;
  std::size_t index = 0;
  for (const auto& element : value.get_array()) {
    const auto below = follow(trails, std::to_string(index++));
    auto part = below.empty() ? std::optional(shortened(element)) : reduce(element, below);
    if (part) out.push_back(std::move(*part));
  }
  return out;
}

}  // namespace

Result<RedactionPlan, RedactionError> RedactionPlan::create(const std::vector<EventRule>& rules) {
  RedactionPlan plan;
  std::size_t fields = 0;
  for (const EventRule& rule : rules) {
    for (const Rule& other : plan.rules_)
      if (other.event_type == rule.event_type) return fail(RedactionError::DuplicateType);
    Rule compiled{rule.event_type, {}, rule.keep_payload_days};
    for (const FieldRule& field : rule.fields) {
      auto path = parse_pointer(field.pointer);
      if (!path) return fail(RedactionError::BadPointer);
      if (++fields > kMaxFieldRules) return fail(RedactionError::TooManyRules);
      compiled.fields.push_back({std::move(*path), field.treatment});
    }
    plan.rules_.push_back(std::move(compiled));
  }
  return plan;
}

const RedactionPlan::Rule* RedactionPlan::rule_for(std::string_view event_type) const {
  const Rule* general = nullptr;
  for (const Rule& rule : rules_) {
    if (rule.event_type == event_type && !rule.event_type.empty()) return &rule;
    if (rule.event_type.empty()) general = &rule;
  }
  return general;
}

bool RedactionPlan::names_fields(std::string_view event_type) const {
  const Rule* rule = rule_for(event_type);
  return rule != nullptr && !rule->fields.empty();
}

std::uint32_t RedactionPlan::keep_payload_days(std::string_view event_type) const {
  const Rule* rule = rule_for(event_type);
  return rule == nullptr ? 0 : rule->keep_payload_days;
}

std::string RedactionPlan::summarise(std::string_view event_type, const boost::json::value& body) const {
  const Rule* rule = rule_for(event_type);
  if (rule == nullptr || rule->fields.empty()) return "{}";
  std::vector<Trail> trails;
  for (const Field& field : rule->fields) trails.push_back({&field.path, 0, field.treatment});
  const auto reduced = reduce(body, trails);
  if (!reduced) return "{}";
  std::string text =
      boost::json::serialize(reduced->is_object() ? *reduced : boost::json::object{{"value", *reduced}});
  return text.size() > kMaxSummaryBytes ? std::string(R"({"truncated":true})") : text;
}

}  // namespace sealpost
