// Header fields as they came: names compare without case (RFC 9110 section 5.1), order and repetition are
// kept, because a repeated signature header is evidence of tampering and must be seen.
// HeaderView borrows; HttpHeaders owns. Value types.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace sealpost {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// ASCII only, as header names are.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// How often `name` occurs, and its first value. Callers that rely on a header refuse count > 1.
struct HeaderCount {
  std::size_t count = 0;
  std::string_view first;
};
[[nodiscard]] HeaderCount find_header(std::span<const HeaderView> headers, std::string_view name);

// RFC 9110 sections 5.6.2 and 5.5: a token; and a value without control characters (HTAB is none here)
// or white space at its ends.
[[nodiscard]] bool is_header_name(std::string_view name);
[[nodiscard]] bool is_header_value(std::string_view value);

// Owns its fields in one block of memory. Views stay valid until the next non-const call; moving the object
// keeps them valid. One thread at a time, as any value.
class HttpHeaders final {
 public:
  HttpHeaders() = default;
  explicit HttpHeaders(std::span<const HeaderView> fields);
  HttpHeaders(std::initializer_list<HeaderView> fields)
      : HttpHeaders(std::span<const HeaderView>(fields.begin(), fields.size())) {}
  HttpHeaders(const HttpHeaders& other) : HttpHeaders(other.view()) {}
  HttpHeaders& operator=(const HttpHeaders& other);
  HttpHeaders(HttpHeaders&&) noexcept = default;
  HttpHeaders& operator=(HttpHeaders&&) noexcept = default;
  ~HttpHeaders() = default;

  // Appends, also when the name is there already.
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name.
  void set(std::string_view name, std::string_view value);

  [[nodiscard]] std::span<const HeaderView> view() const { return fields_; }
  [[nodiscard]] HeaderCount find(std::string_view name) const { return find_header(fields_, name); }
  // The value if the name occurs exactly once, else empty.
  [[nodiscard]] std::string_view sole(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<char> storage_;  // not a string: a short string moves its characters, and views with them
  std::vector<HeaderView> fields_;
};

}  // namespace sealpost
