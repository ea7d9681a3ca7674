#include "edge/rest_api/basic_credentials.h"

#include <algorithm>
#include <string>

#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/http_types/target.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxCredentialsText = 1024;

// What follows "<scheme> " in the one Authorization header.
Result<std::string_view, AuthorizationError> credentials_of(const HttpHeaders& headers,
                                                            std::string_view scheme) {
  const HeaderCount header = headers.find("Authorization");
  if (header.count == 0) return fail(AuthorizationError::Absent);
  if (header.count > 1) return fail(AuthorizationError::Malformed);
  const std::size_t space = header.first.find(' ');
  if (!equal_ignoring_case(header.first.substr(0, space), scheme)) return fail(AuthorizationError::Absent);
  if (space == std::string_view::npos || space + 1 == header.first.size())
    return fail(AuthorizationError::Malformed);
  return header.first.substr(space + 1);
}

bool decode(std::string_view text, std::vector<char>& out) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  if (decoded) out.assign(decoded->begin(), decoded->end());
  if (decoded) wipe_memory(decoded->data(), decoded->size());
  wipe_memory(spaced.data(), spaced.size());
  return decoded.has_value();
}

}  // namespace

Result<std::string_view, AuthorizationError> bearer_token(const HttpHeaders& headers) {
  SEALPOST_TRY(const std::string_view token, credentials_of(headers, "Bearer"));
  const bool readable = std::ranges::all_of(token, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").contains(c);
  });
  if (!readable) return fail(AuthorizationError::Malformed);
  return token;
}

BasicCredentials::~BasicCredentials() { wipe_memory(password_.data(), password_.size()); }

Result<BasicCredentials, AuthorizationError> BasicCredentials::read(const HttpHeaders& headers) {
  SEALPOST_TRY(const std::string_view text, credentials_of(headers, "Basic"));
  return parse(text);
}

Result<BasicCredentials, AuthorizationError> BasicCredentials::parse(std::string_view text) {
  if (text.size() > kMaxCredentialsText) return fail(AuthorizationError::Malformed);
  auto decoded = from_base64(text, Base64Alphabet::Standard, Base64Padding::Optional);
  if (!decoded) return fail(AuthorizationError::Malformed);
  const std::string_view pair = as_text(*decoded);
  const std::size_t colon = pair.find(':');
  BasicCredentials credentials;
  const bool readable = colon != std::string_view::npos && decode(pair.substr(0, colon), credentials.user_) &&
                        decode(pair.substr(colon + 1), credentials.password_);
  wipe_memory(decoded->data(), decoded->size());
  if (!readable) return fail(AuthorizationError::Malformed);
  return credentials;
}

}  // namespace sealpost
