#include "foundation/json/raw_json.h"

#include <boost/json/parse.hpp>

#include <cstddef>

namespace sealpost {
namespace {

// Walks over values without reading them. Every step stays inside the text and moves forward, whatever it
// holds.
class Walker final {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char expected) {
    if (peek() != expected || done()) return false;
    ++at_;
    return true;
  }

  // From the quote to behind the closing one.
  std::string_view string_token() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    at_ = at_ < text_.size() ? at_ + 1 : text_.size();
    return text_.substr(begin, at_ - begin);
  }

  std::string_view value() {
    const std::size_t begin = at_;
    if (peek() == '"') return string_token();
    if (peek() != '{' && peek() != '[') return scalar();
    std::size_t depth = 0;
    while (!done()) {
      const char c = peek();
      if (c == '"') {
        string_token();
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  std::string_view scalar() {
    const std::size_t begin = at_;
    while (!done() && !std::string_view(",]} \t\r\n").contains(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

bool reads_as(std::string_view token, std::string_view name) {
  if (token.size() < 2) return false;
  if (!token.contains('\\')) return token.substr(1, token.size() - 2) == name;
  boost::json::error_code error;
  const auto read = boost::json::parse(boost::json::string_view(token.data(), token.size()), error);
  if (error || !read.is_string()) return false;
  const auto& text = read.get_string();
  return std::string_view(text.data(), text.size()) == name;
}

}  // namespace

std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view name) {
  Walker walker(object_text);
  walker.skip_space();
  if (!walker.take('{')) return std::nullopt;
  for (;;) {
    walker.skip_space();
    if (walker.peek() != '"') return std::nullopt;
    const std::string_view token = walker.string_token();
    walker.skip_space();
    if (!walker.take(':')) return std::nullopt;
    walker.skip_space();
    const std::string_view value = walker.value();
    if (value.empty()) return std::nullopt;
    if (reads_as(token, name)) return value;
    walker.skip_space();
    if (!walker.take(',')) return std::nullopt;
  }
}

std::vector<std::string_view> raw_items(std::string_view array_text) {
  std::vector<std::string_view> items;
  Walker walker(array_text);
  walker.skip_space();
  if (!walker.take('[')) return items;
  for (;;) {
    walker.skip_space();
    if (walker.done() || walker.peek() == ']') return items;
    const std::string_view value = walker.value();
    if (value.empty()) return items;
    items.push_back(value);
    walker.skip_space();
    if (!walker.take(',')) return items;
  }
}

}  // namespace sealpost
