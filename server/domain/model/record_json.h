// A record's members to JSON and back. Ids are written as the positions they are, times as milliseconds since
// 1970, enumerators in snake_case. A member that is absent keeps its default; one of the wrong type, or an
// unknown enumerator, makes the whole record unreadable, because guessing at a control would be worse than
// refusing. Free functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "domain/model/describe.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class RecordError : std::uint8_t { Unreadable };

// `IntegrationsManage` → `integrations_manage`; `StandardV1a` → `standard_v1a`; `GitHub` → `github`.
[[nodiscard]] std::string wire_name(std::string_view enumerator);

namespace record_json_detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsId : std::false_type {};
template <EntityKind K>
struct IsId<Id<K>> : std::true_type {};

}  // namespace record_json_detail

template <class E>
[[nodiscard]] std::string enum_name(E value) {
  std::string name;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto described) {
    if (described.value == value) name = wire_name(described.name);
  });
  return name;
}

template <class E>
[[nodiscard]] std::optional<E> enum_from(std::string_view name) {
  std::optional<E> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto described) {
    if (wire_name(described.name) == name) found = described.value;
  });
  return found;
}

template <class T>
[[nodiscard]] boost::json::value to_json(const T& value) {
  namespace d = record_json_detail;
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    return boost::json::value(value);
  } else if constexpr (std::is_integral_v<T>) {
    return boost::json::value(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_enum_v<T>) {
    return boost::json::value(enum_name(value));
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return boost::json::value(to_unix_ms(value));
  } else if constexpr (d::IsId<T>::value) {
    return boost::json::value(value.position);
  } else if constexpr (d::IsOptional<T>::value) {
    return value ? to_json(*value) : boost::json::value(nullptr);
  } else if constexpr (d::IsVector<T>::value) {
    boost::json::array out;
    for (const auto& element : value) out.push_back(to_json(element));
    return out;
  } else {
    boost::json::object out;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { out.emplace(member.name, to_json(value.*member.pointer)); });
    return out;
  }
}

template <class T>
[[nodiscard]] bool from_json(const boost::json::value& json, T& out) {
  namespace d = record_json_detail;
  if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_bool()) return false;
    out = json.get_bool();
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) return false;
    out.assign(json.get_string().data(), json.get_string().size());
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    boost::json::error_code error;
    out = json.to_number<T>(error);
    return !error;
  } else if constexpr (std::is_enum_v<T>) {
    if (!json.is_string()) return false;
    const auto found = enum_from<T>(std::string_view(json.get_string()));
    if (found) out = *found;
    return found.has_value();
  } else if constexpr (std::is_same_v<T, WallTime>) {
    std::int64_t ms = 0;
    if (!from_json(json, ms)) return false;
    out = from_unix_ms(ms);
    return true;
  } else if constexpr (d::IsId<T>::value) {
    return from_json(json, out.position);
  } else if constexpr (d::IsOptional<T>::value) {
    if (json.is_null()) return out.reset(), true;
    return from_json(json, out.emplace());
  } else if constexpr (d::IsVector<T>::value) {
    if (!json.is_array()) return false;
    for (const auto& element : json.get_array())
      if (!from_json(element, out.emplace_back())) return false;
    return true;
  } else {
    if (!json.is_object()) return false;
    bool good = true;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          const auto* found = json.get_object().if_contains(member.name);
          if (found != nullptr && good) good = from_json(*found, out.*member.pointer);
        });
    return good;
  }
}

// The stored text of a record's members (its head has columns of its own).
template <class Record>
[[nodiscard]] std::string record_to_text(const Record& record) {
  return boost::json::serialize(to_json(record));
}
template <class Record>
Result<Record, RecordError> record_from_text(const RecordHead& head, std::string_view text) {
  boost::json::error_code error;
  const auto json = boost::json::parse(text, error);
  Record record;
  if (error || !from_json(json, record)) return fail(RecordError::Unreadable);
  record.head = head;
  return record;
}

}  // namespace sealpost
