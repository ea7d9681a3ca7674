// Reads the members of a JSON object that somebody else wrote, and collects everything that is wrong with it,
// so that an answer can name all problems at once, each with a JSON pointer (RFC 6901) and a sentence.
//
//   ObjectReader reader(object);
//   const auto name = reader.string("name", {.min = 1, .max = 64});
//   const auto note = reader.optional_string("note", {.max = 200});
//   reader.object("retry", [&](ObjectReader& retry) { attempts = retry.integer("attempts", {1, 20}); });
//   SEALPOST_TRY_VOID(reader.finish());   // unknown members are refused here
//   use(name, note);
//
// A getter that meets a problem notes it and returns an empty value (nothing, zero, false): what getters
// returned is meaningful only after finish() succeeded. Views and pointers point into the document.
// Every member is asked for once. One thread; the document outlives the reader.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

struct FieldError {
  std::string pointer;    // of the member, "" for the whole document
  std::string message;    // a sentence; never carries a value from the document
  std::string nearest{};  // of an unknown member: the known name it resembles, if one does
  bool unknown = false;   // a member that nobody asked for
};
using FieldErrors = std::vector<FieldError>;

// Lengths count characters (Unicode code points); an array's count its items.
struct LengthBounds {
  std::size_t min = 0;
  std::size_t max = std::numeric_limits<std::size_t>::max();
};
struct IntegerBounds {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

class ObjectReader final {
 public:
  explicit ObjectReader(const boost::json::object& object);
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  [[nodiscard]] std::string_view string(std::string_view name, LengthBounds bounds);
  [[nodiscard]] std::optional<std::string_view> optional_string(std::string_view name, LengthBounds bounds);
  [[nodiscard]] std::int64_t integer(std::string_view name, IntegerBounds bounds = {});
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name,
                                                             IntegerBounds bounds = {});
  [[nodiscard]] bool boolean(std::string_view name);
  [[nodiscard]] std::optional<bool> optional_boolean(std::string_view name);
  // Any value at all, null included; nothing when it is absent, which is a problem.
  [[nodiscard]] const boost::json::value* any(std::string_view name) { return find(name, true); }
  // Any array or object, for a caller that reads it by other means; null after a problem or when absent.
  [[nodiscard]] const boost::json::array* array(std::string_view name, LengthBounds items);
  [[nodiscard]] const boost::json::array* optional_array(std::string_view name, LengthBounds items);
  [[nodiscard]] const boost::json::object* raw_object(std::string_view name);
  [[nodiscard]] const boost::json::object* optional_raw_object(std::string_view name);
  // An array of texts.
  [[nodiscard]] std::vector<std::string_view> strings(std::string_view name, LengthBounds items,
                                                      LengthBounds each);
  [[nodiscard]] std::optional<std::vector<std::string_view>> optional_strings(std::string_view name,
                                                                              LengthBounds items,
                                                                              LengthBounds each);

  // True, and the member counts as read, if it is there and null: how a change request clears a field.
  [[nodiscard]] bool is_null(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const { return object_->contains(name); }

  // Reads a nested object with its own reader, whose problems join this one's. False if there is none.
  template <std::invocable<ObjectReader&> Read>
  bool object(std::string_view name, Read&& read) {
    return read_nested(raw_object(name), name, std::forward<Read>(read));
  }
  template <std::invocable<ObjectReader&> Read>
  bool optional_object(std::string_view name, Read&& read) {
    return read_nested(optional_raw_object(name), name, std::forward<Read>(read));
  }
  // The same for each object of an array.
  template <std::invocable<ObjectReader&> Read>
  void each_object(std::string_view name, LengthBounds items, Read&& read) {
    const boost::json::array* found = array(name, items);
    for (std::size_t i = 0; found != nullptr && i < found->size(); ++i) {
      const std::string pointer = member_pointer(name) + "/" + std::to_string(i);
      if (const auto* nested = item_object((*found)[i], pointer)) {
        ObjectReader reader(*nested, pointer, *errors_);
        read(reader);
        reader.note_unknown();
      }
    }
  }

  // Notes a problem the caller found in a member, such as a text that is no URL.
  void problem(std::string_view name, std::string message);
  // Refuses unknown members, each with the known name it resembles, then tells whether all was well.
  [[nodiscard]] Result<void, FieldErrors> finish();

 private:
  ObjectReader(const boost::json::object& object, std::string pointer, FieldErrors& errors);

  template <class Read>
  bool read_nested(const boost::json::object* nested, std::string_view name, Read&& read) {
    if (nested == nullptr) return false;
    ObjectReader reader(*nested, member_pointer(name), *errors_);
    read(reader);
    reader.note_unknown();
    return true;
  }

  const boost::json::value* find(std::string_view name, bool required);
  const boost::json::array* checked_array(const boost::json::value* value, std::string_view name,
                                          LengthBounds items);
  const boost::json::object* checked_object(const boost::json::value* value, std::string_view name);
  const boost::json::object* item_object(const boost::json::value& value, const std::string& pointer);
  std::optional<std::string_view> checked_string(const boost::json::value& value, const std::string& pointer,
                                                 LengthBounds bounds);
  std::optional<std::int64_t> checked_integer(const boost::json::value* value, std::string_view name,
                                              IntegerBounds bounds);
  std::vector<std::string_view> checked_strings(const boost::json::array& from, std::string_view name,
                                                LengthBounds each);
  [[nodiscard]] std::string member_pointer(std::string_view name) const;
  void note(std::string pointer, std::string message);
  void note_unknown();

  const boost::json::object* object_;
  std::string pointer_;
  FieldErrors own_errors_;
  FieldErrors* errors_;  // own_errors_, or the outermost reader's
  std::vector<std::string> known_;
};

}  // namespace sealpost
