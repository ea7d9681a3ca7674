// Bodies of application/x-www-form-urlencoded, as RFC 6749 appendix B asks for. Values may be secrets: they
// are wiped when the form dies. A field that occurs twice is refused, because two readers would take two
// different ones. One thread at a time per object; parsing is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

enum class FormError : std::uint8_t { Malformed, TooMany, Repeated };

class FormBody final {
 public:
  static constexpr std::size_t kMaxFields = 16;

  static Result<FormBody, FormError> parse(std::string_view text);
  FormBody(FormBody&&) noexcept = default;
  FormBody& operator=(FormBody&&) noexcept = default;
  FormBody(const FormBody&) = delete;
  FormBody& operator=(const FormBody&) = delete;
  ~FormBody();

  // Nothing when it is not there; RFC 6749 section 3.1 treats an empty value as left out.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  struct Field {
    std::vector<char> name;  // not strings: short ones would leave copies behind when they move
    std::vector<char> value;
  };
  FormBody() = default;
  std::vector<Field> fields_;
};

}  // namespace sealpost
