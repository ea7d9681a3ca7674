// The schemas that request bodies of the contract share, read from JSON with every problem noted in the
// reader. Ids that this installation never made are problems of their field. Free functions, thread-safe.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/model/public_id.h"
#include "domain/model/records.h"
#include "flow/directory/integrations.h"
#include "flow/directory/keys.h"
#include "foundation/json/object_reader.h"

namespace sealpost {

inline constexpr LengthBounds kNameLength{.min = 1, .max = 200};
inline constexpr LengthBounds kReasonLength{.min = 1, .max = 500};
inline constexpr LengthBounds kEventTypeLength{.min = 1, .max = 128};
inline constexpr std::int64_t kMaxOverlapSeconds = 2'592'000;

// The contract's EventType: 1 to 128 of letters, digits, `_.:/-`, beginning with a letter, digit or `_`.
[[nodiscard]] bool is_event_type(std::string_view text);

template <class IdType>
[[nodiscard]] IdType read_id(ObjectReader& reader, const PublicIdCodec& ids, std::string_view name) {
  const std::string_view text = reader.string(name, {.min = 1, .max = 64});
  if (text.empty()) return {};
  const auto id = ids.decode<IdType>(text);
  if (!id) reader.problem(name, "There is no such thing, or it is of another kind.");
  return id.value_or(IdType{});
}
template <class IdType>
[[nodiscard]] std::optional<IdType> optional_id(ObjectReader& reader, const PublicIdCodec& ids,
                                                std::string_view name) {
  const auto text = reader.optional_string(name, {.min = 1, .max = 64});
  if (!text) return std::nullopt;
  const auto id = ids.decode<IdType>(*text);
  if (!id) reader.problem(name, "There is no such thing, or it is of another kind.");
  return id;
}

// A word of a closed list.
template <class T>
using Choices = std::initializer_list<std::pair<std::string_view, T>>;
template <class T>
[[nodiscard]] std::optional<T> choose(ObjectReader& reader, std::string_view name,
                                      std::optional<std::string_view> text, Choices<T> choices) {
  if (!text) return std::nullopt;
  for (const auto& [word, value] : choices)
    if (word == *text) return value;
  std::string message = "Must be one of:";
  for (const auto& [word, value] : choices) message += " " + std::string(word);
  reader.problem(name, message + ".");
  return std::nullopt;
}
template <class T>
[[nodiscard]] std::optional<T> optional_choice(ObjectReader& reader, std::string_view name,
                                               Choices<T> choices) {
  return choose(reader, name, reader.optional_string(name, {.min = 1, .max = 64}), choices);
}
template <class T>
[[nodiscard]] T read_choice(ObjectReader& reader, std::string_view name, Choices<T> choices) {
  const std::string_view text = reader.string(name, {.min = 1, .max = 64});
  if (text.empty()) return choices.begin()->second;  // the reader has noted it
  return choose(reader, name, std::optional(text), choices).value_or(choices.begin()->second);
}

[[nodiscard]] Environment read_environment(ObjectReader& reader);
[[nodiscard]] std::string read_text(ObjectReader& reader, std::string_view name, LengthBounds bounds);
[[nodiscard]] std::optional<std::string> optional_text(ObjectReader& reader, std::string_view name,
                                                       LengthBounds bounds);
[[nodiscard]] WallTime read_time(ObjectReader& reader, std::string_view name);
// Left out or null: nothing.
[[nodiscard]] std::optional<WallTime> optional_time(ObjectReader& reader, std::string_view name);
[[nodiscard]] std::optional<std::uint32_t> optional_number(ObjectReader& reader, std::string_view name,
                                                           std::int64_t min, std::int64_t max);
[[nodiscard]] std::optional<IntegrationOwner> optional_owner(ObjectReader& reader);
[[nodiscard]] std::optional<RateSetting> optional_rate(ObjectReader& reader);
[[nodiscard]] std::optional<std::vector<std::string>> optional_event_types(ObjectReader& reader);
[[nodiscard]] std::optional<std::vector<std::string>> optional_networks(ObjectReader& reader);
[[nodiscard]] std::optional<std::vector<EventRule>> optional_event_rules(ObjectReader& reader);
[[nodiscard]] KeyEnd read_key_end(ObjectReader& reader);

}  // namespace sealpost
