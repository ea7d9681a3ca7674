#include "client_settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "exchange.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/system/files.h"

namespace sealpost::sdk {
namespace {

constexpr std::size_t kMaxSecretBytes = 256;

std::string variable(const char* wanted) {
  // Races with setenv() alone, which a program with threads must not call anyway.
  const char* value = std::getenv(wanted);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string() : std::string(value);
}

Outcome<Secret, Error> read_secret_file(const std::filesystem::path& path) {
  auto content = read_file(path, kMaxSecretBytes + 2);
  if (!content)
    return wrong_use("validation_failed",
                     "SEALPOST_CLIENT_SECRET_FILE names no readable file of at most 256 characters");
  std::string_view line = as_text(*content);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Secret out = Secret::copy_of(line);
  wipe_memory(content->data(), content->size());
  return out;
}

bool visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return problem == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::string_view inside = host.substr(1, host.size() - 2);
    return host.size() > 4 && host.ends_with(']') && std::ranges::all_of(inside, [](char c) {
             return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
           });
  }
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::ranges::all_of(host, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '-';
         });
}

// A name that only begins like a loopback address ("127.0.0.1.example") is none.
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  std::size_t digits = 0;
  for (const char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = 0;
    } else if (c < '0' || c > '9' || ++digits > 3) {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

void fill(std::string& value, const char* name) {
  if (value.empty()) value = variable(name);
}

}  // namespace

Outcome<std::string, Error> judge_url(std::string_view url) {
  const auto refuse = [] { return wrong_use("validation_failed", "the URL must be https://host[:port]"); };
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return refuse();
  const std::string_view scheme = url.substr(0, secure ? 8 : 7);
  std::string_view authority = url.substr(scheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (!is_host(host)) return refuse();
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return refuse();
  if (!secure && !is_loopback(host))
    return wrong_use("insecure_url", "plain http reaches this machine only; use https");
  return std::string(scheme) + std::string(authority);
}

Outcome<ClientOptions, Error> settle(ClientOptions options) {
  using std::chrono::milliseconds;
  if (options.use_environment) {
    fill(options.url, "SEALPOST_URL");
    fill(options.client_id, "SEALPOST_CLIENT_ID");
    if (options.ca_file.empty()) options.ca_file = variable("SEALPOST_CA_FILE");
    if (const std::string path = variable("SEALPOST_CLIENT_SECRET_FILE");
        !options.client_secret && !path.empty()) {
      auto secret = read_secret_file(path);
      if (!secret) return secret.error();
      options.client_secret = std::move(secret).value();
    }
  }
  auto url = judge_url(options.url);
  if (!url) return url.error();
  options.url = std::move(url).value();
  if (options.client_id.empty() || options.client_id.size() > 64 || !visible(options.client_id))
    return wrong_use("invalid_client", "there is no client id, or it is none");
  if (!options.client_secret || options.client_secret->size() == 0 ||
      options.client_secret->size() > kMaxSecretBytes ||
      !visible(options.client_secret->reveal_secret_text()))
    return wrong_use("invalid_client", "there is no client secret, or it is none");
  if (options.scope.size() > 2000 ||
      !std::ranges::all_of(options.scope, [](char c) { return c >= 0x20 && c < 0x7f; }))
    return wrong_use("invalid_scope", "the scope is not a list of visible words");
  if (options.max_retries < 0 || options.max_retries > 5)
    return wrong_use("validation_failed", "max_retries must lie in 0..5");
  for (const milliseconds limit :
       {options.first_backoff, options.longest_wait, options.connect_timeout, options.read_timeout})
    if (limit < milliseconds(1) || limit > std::chrono::hours(1))
      return wrong_use("validation_failed", "times must lie between a millisecond and an hour");
  return options;
}

}  // namespace sealpost::sdk
