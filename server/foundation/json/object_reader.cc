#include "foundation/json/object_reader.h"

#include <algorithm>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

namespace json = boost::json;

// An answer stays readable, and small, whatever was sent.
constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kLongestShownName = 64;

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string describe_bounds(LengthBounds bounds, const char* unit) {
  const bool open_end = bounds.max == LengthBounds().max;
  if (open_end) return "at least " + std::to_string(bounds.min) + " " + unit;
  if (bounds.min == 0) return "at most " + std::to_string(bounds.max) + " " + unit;
  if (bounds.min == bounds.max) return "exactly " + std::to_string(bounds.max) + " " + unit;
  return std::to_string(bounds.min) + " to " + std::to_string(bounds.max) + " " + unit;
}

// A reference token of RFC 6901, cut at a character's edge.
std::string pointer_token(std::string_view name) {
  std::string out;
  std::size_t size = std::min(name.size(), kLongestShownName);
  while (size > 0 && size < name.size() && (static_cast<unsigned char>(name[size]) & 0xc0U) == 0x80U) --size;
  for (const char c : name.substr(0, size)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out.push_back(c);
  }
  if (size < name.size()) out += "...";
  return out;
}

}  // namespace

ObjectReader::ObjectReader(const json::object& object) : object_(&object), errors_(&own_errors_) {}
ObjectReader::ObjectReader(const json::object& object, std::string pointer, FieldErrors& errors)
    : object_(&object), pointer_(std::move(pointer)), errors_(&errors) {}

std::string ObjectReader::member_pointer(std::string_view name) const {
  return pointer_ + "/" + pointer_token(name);
}

void ObjectReader::note(std::string pointer, std::string message) {
  if (errors_->size() < kMostErrors)
    errors_->push_back({.pointer = std::move(pointer), .message = std::move(message)});
}

void ObjectReader::problem(std::string_view name, std::string message) {
  note(member_pointer(name), std::move(message));
}

const json::value* ObjectReader::find(std::string_view name, bool required) {
  known_.emplace_back(name);
  const json::value* value = object_->if_contains(name);
  if (value == nullptr && required) problem(name, "This field is required.");
  return value;
}

std::optional<std::string_view> ObjectReader::checked_string(const json::value& value,
                                                             const std::string& pointer,
                                                             LengthBounds bounds) {
  const json::string* text = value.if_string();
  if (text == nullptr) {
    note(pointer, "This field takes a text.");
    return std::nullopt;
  }
  const std::string_view view(text->data(), text->size());
  const std::size_t characters = count_characters(view);
  if (characters < bounds.min || characters > bounds.max) {
    note(pointer, "This text must have " + describe_bounds(bounds, "characters") + ".");
    return std::nullopt;
  }
  return view;
}

std::string_view ObjectReader::string(std::string_view name, LengthBounds bounds) {
  const json::value* value = find(name, true);
  if (value == nullptr) return {};
  return checked_string(*value, member_pointer(name), bounds).value_or(std::string_view());
}

std::optional<std::string_view> ObjectReader::optional_string(std::string_view name, LengthBounds bounds) {
  const json::value* value = find(name, false);
  if (value == nullptr) return std::nullopt;
  return checked_string(*value, member_pointer(name), bounds);
}

std::optional<std::int64_t> ObjectReader::checked_integer(const json::value* value, std::string_view name,
                                                          IntegerBounds bounds) {
  if (value == nullptr) return std::nullopt;
  // Above the range of std::int64_t a number is out of every bound, but it is still a whole number.
  const std::int64_t* number = value->if_int64();
  if (number == nullptr && !value->is_uint64()) {
    problem(name, "This field takes a whole number.");
    return std::nullopt;
  }
  if (number == nullptr || *number < bounds.min || *number > bounds.max) {
    problem(name, "This number must lie between " + std::to_string(bounds.min) + " and " +
                      std::to_string(bounds.max) + ".");
    return std::nullopt;
  }
  return *number;
}

std::int64_t ObjectReader::integer(std::string_view name, IntegerBounds bounds) {
  return checked_integer(find(name, true), name, bounds).value_or(0);
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view name, IntegerBounds bounds) {
  return checked_integer(find(name, false), name, bounds);
}

std::optional<bool> ObjectReader::optional_boolean(std::string_view name) {
  const json::value* value = find(name, false);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  problem(name, "This field takes true or false.");
  return std::nullopt;
}

bool ObjectReader::boolean(std::string_view name) {
  if (!has(name)) {
    find(name, true);
    return false;
  }
  return optional_boolean(name).value_or(false);
}

const json::array* ObjectReader::checked_array(const json::value* value, std::string_view name,
                                               LengthBounds items) {
  if (value == nullptr) return nullptr;
  const json::array* found = value->if_array();
  if (found == nullptr) {
    problem(name, "This field takes an array.");
    return nullptr;
  }
  if (found->size() < items.min || found->size() > items.max) {
    problem(name, "This array must have " + describe_bounds(items, "items") + ".");
    return nullptr;
  }
  return found;
}

const json::array* ObjectReader::array(std::string_view name, LengthBounds items) {
  return checked_array(find(name, true), name, items);
}
const json::array* ObjectReader::optional_array(std::string_view name, LengthBounds items) {
  return checked_array(find(name, false), name, items);
}

const json::object* ObjectReader::checked_object(const json::value* value, std::string_view name) {
  if (value == nullptr) return nullptr;
  return item_object(*value, member_pointer(name));
}

const json::object* ObjectReader::item_object(const json::value& value, const std::string& pointer) {
  const json::object* found = value.if_object();
  if (found == nullptr) note(pointer, "This field takes an object.");
  return found;
}

const json::object* ObjectReader::raw_object(std::string_view name) {
  return checked_object(find(name, true), name);
}
const json::object* ObjectReader::optional_raw_object(std::string_view name) {
  return checked_object(find(name, false), name);
}

std::vector<std::string_view> ObjectReader::checked_strings(const json::array& from, std::string_view name,
                                                            LengthBounds each) {
  std::vector<std::string_view> out;
  out.reserve(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto text = checked_string(from[i], member_pointer(name) + "/" + std::to_string(i), each);
    if (text) out.push_back(*text);
  }
  return out;
}

std::vector<std::string_view> ObjectReader::strings(std::string_view name, LengthBounds items,
                                                    LengthBounds each) {
  const json::array* found = array(name, items);
  if (found == nullptr) return {};
  return checked_strings(*found, name, each);
}

std::optional<std::vector<std::string_view>> ObjectReader::optional_strings(std::string_view name,
                                                                            LengthBounds items,
                                                                            LengthBounds each) {
  const json::array* found = optional_array(name, items);
  if (found == nullptr) return std::nullopt;
  return checked_strings(*found, name, each);
}

bool ObjectReader::is_null(std::string_view name) {
  const json::value* value = object_->if_contains(name);
  if (value == nullptr || !value->is_null()) return false;
  known_.emplace_back(name);
  return true;
}

void ObjectReader::note_unknown() {
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& member : *object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (errors_->size() >= kMostErrors) return;
    FieldError error{
        .pointer = member_pointer(name), .message = "No such field.", .nearest = {}, .unknown = true};
    if (const auto near = nearest_name(name, known)) {
      error.nearest = *near;
      error.message += " Did you mean \"" + error.nearest + "\"?";
    }
    errors_->push_back(std::move(error));
  }
}

Result<void, FieldErrors> ObjectReader::finish() {
  note_unknown();
  if (!errors_->empty()) return fail(*errors_);
  return {};
}

}  // namespace sealpost
