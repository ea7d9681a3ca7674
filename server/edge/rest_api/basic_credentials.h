// What an Authorization header carries. Bearer (RFC 6750) and Basic (RFC 7617, with the form encoding inside
// that RFC 6749 section 2.3.1 asks for). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/http_types/headers.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class AuthorizationError : std::uint8_t {
  Absent,     // no such header, or another scheme
  Malformed,  // the header twice, or not of the scheme's form
};

// The token, still unverified.
Result<std::string_view, AuthorizationError> bearer_token(const HttpHeaders& headers);

// Wiped when it dies.
class BasicCredentials final {
 public:
  static Result<BasicCredentials, AuthorizationError> read(const HttpHeaders& headers);
  // `text` is what follows "Basic ".
  static Result<BasicCredentials, AuthorizationError> parse(std::string_view text);
  BasicCredentials(BasicCredentials&&) noexcept = default;
  BasicCredentials& operator=(BasicCredentials&&) noexcept = default;
  BasicCredentials(const BasicCredentials&) = delete;
  BasicCredentials& operator=(const BasicCredentials&) = delete;
  ~BasicCredentials();

  [[nodiscard]] std::string_view user() const { return {user_.data(), user_.size()}; }
  [[nodiscard]] std::string_view password() const { return {password_.data(), password_.size()}; }

 private:
  BasicCredentials() = default;
  std::vector<char> user_;
  std::vector<char> password_;
};

}  // namespace sealpost
