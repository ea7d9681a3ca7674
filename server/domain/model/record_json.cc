#include "domain/model/record_json.h"

namespace sealpost {

std::string wire_name(std::string_view enumerator) {
  // Product names are one word each, whatever capitals they wear.
  if (enumerator == "GitHub") return "github";
  if (enumerator == "GitLabToken") return "gitlab_token";
  if (enumerator == "GitLabSigned") return "gitlab_signed";
  std::string out;
  for (const char c : enumerator) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out.push_back('_');
    out.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace sealpost
