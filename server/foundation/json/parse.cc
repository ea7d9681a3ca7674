#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "foundation/json/json.h"

namespace sealpost {
namespace {

namespace json = boost::json;

// Builds the document on Boost's value stack while it refuses what Boost would accept. The names of all
// objects that are still open lie one after another in `text_`.
class StrictHandler final {
 public:
  // The bound on the whole text bounds each part of it.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit StrictHandler(json::storage_ptr storage) : stack_({}, scratch_.data(), scratch_.size()) {
    stack_.reset(std::move(storage));
    text_.reserve(256);
    names_.reserve(32);
  }
  [[nodiscard]] bool saw_duplicate() const { return duplicate_; }
  [[nodiscard]] json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    open_objects_.push_back(names_.size());
    return true;
  }
  bool on_object_end(std::size_t members, json::error_code& error) {
    const std::size_t first = open_objects_.back();
    open_objects_.pop_back();
    if (has_duplicate(first)) {
      duplicate_ = true;
      return refuse(error);
    }
    if (first < names_.size()) text_.resize(names_[first].begin);
    names_.resize(first);
    stack_.push_object(members);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t items, json::error_code&) {
    stack_.push_array(items);
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    extend_name(part);
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    extend_name(part);
    names_.push_back({name_begin_, text_.size() - name_begin_});
    in_name_ = false;
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_string(part);
    return true;
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  // Boost turns a whole number that fits no integer into a double; that would change it silently.
  bool on_double(double number, json::string_view text, json::error_code& error) {
    const bool whole = text.find_first_of(".eE") == json::string_view::npos;
    if (whole || !std::isfinite(number)) return refuse(error);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Name {
    std::size_t begin;
    std::size_t size;
  };

  static bool refuse(json::error_code& error) {
    error = json::make_error_code(json::error::syntax);
    return false;
  }

  void extend_name(json::string_view part) {
    if (!in_name_) {
      in_name_ = true;
      name_begin_ = text_.size();
    }
    text_.append(part.data(), part.size());
  }

  [[nodiscard]] std::string_view view(const Name& name) const {
    return std::string_view(text_).substr(name.begin, name.size);
  }

  // Small objects are compared pairwise. Larger ones are sorted: a hash table would hand an attacker who
  // knows its function quadratic time.
  [[nodiscard]] bool has_duplicate(std::size_t first) {
    constexpr std::size_t kPairwise = 8;
    const std::span<const Name> open = std::span<const Name>(names_).subspan(first);
    if (open.size() <= kPairwise) {
      for (std::size_t i = 1; i < open.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (view(open[i]) == view(open[j])) return true;
      return false;
    }
    sorted_.clear();
    for (const Name& name : open) sorted_.push_back(view(name));
    std::sort(sorted_.begin(), sorted_.end());
    return std::adjacent_find(sorted_.begin(), sorted_.end()) != sorted_.end();
  }

  std::array<unsigned char, 2048> scratch_;  // what a usual document's unfinished parts need
  json::value_stack stack_;
  std::string text_;
  std::vector<Name> names_;
  std::vector<std::size_t> open_objects_;  // where each open object's names begin in names_
  std::vector<std::string_view> sorted_;   // kept for its storage
  std::size_t name_begin_ = 0;
  bool in_name_ = false;
  bool duplicate_ = false;
};

}  // namespace

Result<json::value, JsonError> parse_json(std::string_view text, const JsonLimits& limits,
                                          json::storage_ptr storage) {
  if (text.size() > limits.max_bytes) return fail(JsonError{JsonProblem::TooLarge, limits.max_bytes});
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::basic_parser<StrictHandler> parser(options, std::move(storage));
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().saw_duplicate()) return fail(JsonError{JsonProblem::DuplicateName, used});
  if (error == json::error::too_deep) return fail(JsonError{JsonProblem::TooDeep, used});
  if (error) return fail(JsonError{JsonProblem::Malformed, used});
  const std::size_t rest = text.find_first_not_of(" \t\r\n", used);
  if (rest != std::string_view::npos) return fail(JsonError{JsonProblem::Malformed, rest});
  return parser.handler().release();
}

std::string describe(const JsonError& error) {
  const std::string where = " (at octet " + std::to_string(error.offset) + ")";
  switch (error.problem) {
    case JsonProblem::Malformed:
      return "The body is not valid JSON in UTF-8" + where + ".";
    case JsonProblem::TooDeep:
      return "Arrays and objects are nested too deeply" + where + ".";
    case JsonProblem::DuplicateName:
      return "An object has the same member name twice" + where + ".";
    case JsonProblem::TooLarge:
      return "The JSON text is longer than " + std::to_string(error.offset) + " octets.";
  }
  die(__FILE__, __LINE__, "a JsonProblem outside its enum");
}

}  // namespace sealpost
