#include "edge/rest_api/request_fields.h"

#include <algorithm>

#include "domain/wire/time_text.h"

namespace sealpost {
namespace {

bool is_word_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::optional<WallTime> parse_time(ObjectReader& reader, std::string_view name, std::string_view text) {
  const auto time = from_rfc3339(text);
  if (!time) reader.problem(name, "Must be a time of RFC 3339 in UTC, such as 2026-01-02T03:04:05.678Z.");
  return time;
}

FieldRule read_field_rule(ObjectReader& field) {
  FieldRule rule;
  rule.pointer = field.string("pointer", {.min = 0, .max = 256});
  rule.treatment = read_choice<FieldTreatment>(
      field, "treatment",
      {{"keep", FieldTreatment::Keep}, {"mask", FieldTreatment::Mask}, {"drop", FieldTreatment::Drop}});
  return rule;
}

EventRule read_event_rule(ObjectReader& reader) {
  EventRule rule;
  if (!reader.is_null("event_type")) {  // null: every type without a rule of its own
    rule.event_type = reader.string("event_type", kEventTypeLength);
    if (!rule.event_type.empty() && !is_event_type(rule.event_type))
      reader.problem("event_type", "Is no event type.");
  }
  reader.each_object("fields", {.min = 0, .max = 200},
                     [&](ObjectReader& field) { rule.fields.push_back(read_field_rule(field)); });
  rule.keep_payload_days = optional_number(reader, "keep_payload_days", 0, 365).value_or(0);
  return rule;
}

}  // namespace

bool is_event_type(std::string_view text) {
  if (text.empty() || text.size() > kEventTypeLength.max || !is_word_character(text.front())) return false;
  // With spaces inside, because GitLab's types hold them.
  if (text.back() == ' ') return false;
  return std::ranges::all_of(text, [](char c) {
    return is_word_character(c) || c == '.' || c == ':' || c == '/' || c == '-' || c == ' ';
  });
}

Environment read_environment(ObjectReader& reader) {
  return read_choice<Environment>(reader, "environment",
                                  {{"test", Environment::Test}, {"live", Environment::Live}});
}

std::string read_text(ObjectReader& reader, std::string_view name, LengthBounds bounds) {
  return std::string(reader.string(name, bounds));
}

std::optional<std::string> optional_text(ObjectReader& reader, std::string_view name, LengthBounds bounds) {
  const auto text = reader.optional_string(name, bounds);
  if (!text) return std::nullopt;
  return std::string(*text);
}

WallTime read_time(ObjectReader& reader, std::string_view name) {
  const std::string_view text = reader.string(name, {.min = 1, .max = 40});
  if (text.empty()) return {};
  return parse_time(reader, name, text).value_or(WallTime{});
}

std::optional<WallTime> optional_time(ObjectReader& reader, std::string_view name) {
  if (reader.is_null(name)) return std::nullopt;
  const auto text = reader.optional_string(name, {.min = 1, .max = 40});
  if (!text) return std::nullopt;
  return parse_time(reader, name, *text);
}

std::optional<std::uint32_t> optional_number(ObjectReader& reader, std::string_view name, std::int64_t min,
                                             std::int64_t max) {
  const auto number = reader.optional_integer(name, {.min = min, .max = max});
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<IntegrationOwner> optional_owner(ObjectReader& reader) {
  IntegrationOwner owner;
  const bool there = reader.optional_object("owner", [&](ObjectReader& fields) {
    owner.team = fields.string("team", kNameLength);
    owner.contact = fields.string("contact", kNameLength);
  });
  return there ? std::optional(std::move(owner)) : std::nullopt;
}

std::optional<RateSetting> optional_rate(ObjectReader& reader) {
  RateSetting rate;
  const bool there = reader.optional_object("rate_limit", [&](ObjectReader& fields) {
    rate.per_second = static_cast<std::uint32_t>(fields.integer("per_second", {.min = 0, .max = 1'000'000}));
    rate.burst = static_cast<std::uint32_t>(fields.integer("burst", {.min = 0, .max = 1'000'000}));
  });
  return there ? std::optional(rate) : std::nullopt;
}

std::optional<std::vector<std::string>> optional_event_types(ObjectReader& reader) {
  const auto texts = reader.optional_strings("event_types", {.min = 0, .max = 200}, kEventTypeLength);
  if (!texts) return std::nullopt;
  if (!std::ranges::all_of(*texts, is_event_type))
    reader.problem("event_types",
                   "Event types are letters, digits and _ . : / - with spaces inside, and begin with a "
                   "letter, digit or _.");
  return std::vector<std::string>(texts->begin(), texts->end());
}

std::optional<std::vector<std::string>> optional_networks(ObjectReader& reader) {
  const auto texts = reader.optional_strings("networks", {.min = 0, .max = 100}, {.min = 1, .max = 49});
  if (!texts) return std::nullopt;
  return std::vector<std::string>(texts->begin(), texts->end());
}

std::optional<std::vector<EventRule>> optional_event_rules(ObjectReader& reader) {
  constexpr LengthBounds kRules{.min = 0, .max = 200};
  if (reader.optional_array("event_rules", kRules) == nullptr) return std::nullopt;
  std::vector<EventRule> rules;
  reader.each_object("event_rules", kRules,
                     [&](ObjectReader& rule) { rules.push_back(read_event_rule(rule)); });
  return rules;
}

KeyEnd read_key_end(ObjectReader& reader) {
  return {.expires_at = optional_time(reader, "expires_at"),
          .rotate_every_days = optional_number(reader, "rotate_every_days", 0, 3650)};
}

}  // namespace sealpost
