// How a source's requests are signed. Each provider is one fixed scheme; GenericHmac is described by a
// template that is validated when it is made, so that a settings object always means something exact.
// Immutable values. Facts about the providers: contract/signing.md.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/result/result.h"

namespace sealpost {

enum class Scheme : std::uint8_t {
  StandardV1,    // Standard Webhooks; v1 and, where Ed25519 keys are configured too, v1a
  StandardV1a,   // Standard Webhooks, v1a only: a v1 signature is never looked at
  GitHub,        // X-Hub-Signature-256 over the body; no signed time
  Stripe,        // Stripe-Signature: t=...,v1=...
  Slack,         // X-Slack-Signature, X-Slack-Request-Timestamp
  GitLabToken,   // X-Gitlab-Token: a shared token; proves nothing about the body ("not signed")
  GitLabSigned,  // Standard Webhooks v1 with X-Gitlab-Event
  GenericHmac,   // HmacTemplate
};
inline constexpr std::array kAllSchemes{Scheme::StandardV1,   Scheme::StandardV1a, Scheme::GitHub,
                                        Scheme::Stripe,       Scheme::Slack,       Scheme::GitLabToken,
                                        Scheme::GitLabSigned, Scheme::GenericHmac};

// "standard_v1", "standard_v1a", "github", "stripe", "slack", "gitlab_token", "gitlab_signed",
// "generic_hmac".
[[nodiscard]] std::string_view name(Scheme scheme);
[[nodiscard]] std::optional<Scheme> scheme_from_name(std::string_view text);

// True if the signature covers the body. A scheme for which this is false needs an exception in `live`.
[[nodiscard]] bool is_signed(Scheme scheme);

enum class SignatureEncoding : std::uint8_t { Hex, Base64, Base64Url };

// HMAC-SHA256 over literals, id, timestamp and body.
struct HmacTemplate {
  enum class Piece : std::uint8_t { Literal, Id, Timestamp, Body };
  struct Part {
    Piece piece = Piece::Literal;
    std::string literal{};
  };
  // At most one of each of Id, Timestamp, Body; Body is required; literals stand between, before, after.
  static constexpr std::size_t kMaxParts = 7;

  std::string signature_header{};
  std::string prefix{};  // stands before the encoded signature, for example "sha256="
  SignatureEncoding encoding = SignatureEncoding::Hex;
  std::string timestamp_header{};   // Unix seconds; present exactly if the template signs {timestamp}
  std::string id_header{};          // signed if the template has {id}, else a secondary index only
  std::string event_type_header{};  // unsigned; empty: the body's top-level "type"
  std::vector<Part> parts{};
};

enum class SettingsError : std::uint8_t {
  BadWindow,          // outside 10 s .. 1 h
  BadBodyBound,       // above kMaxBodyBytes
  TemplateMissing,    // GenericHmac without a template
  TemplateUnused,     // a template with another scheme
  BadHeaderName,      // not an HTTP field name, longer than 64, or one header in two roles
  BadPrefix,          // longer than 32 or not visible ASCII
  BadTemplate,        // text that does not parse, a piece twice, no {body}, too long
  AmbiguousTemplate,  // the signed string could be cut in two ways: {id} and what follows need a separator
  UnboundHeader,      // {id} or {timestamp} without its header, or a timestamp header that is not signed
};

// "{id}.{timestamp}.{body}" to parts. `{{` and `}}` stand for the braces themselves.
Result<std::vector<HmacTemplate::Part>, SettingsError> parse_template(std::string_view text);

class SchemeSettings final {
 public:
  static constexpr std::chrono::seconds kDefaultWindow{300};
  static constexpr std::size_t kMaxBodyBytes = std::size_t{25} * 1024 * 1024;

  struct Options {
    Scheme scheme = Scheme::StandardV1;
    std::chrono::seconds window = kDefaultWindow;  // both directions; unused where no time is signed
    std::size_t max_body_bytes = 0;                // 0: default_max_body(scheme)
    std::optional<HmacTemplate> hmac_template{};
  };
  static Result<SchemeSettings, SettingsError> create(Options options);

  [[nodiscard]] Scheme scheme() const { return options_.scheme; }
  [[nodiscard]] std::chrono::seconds window() const { return options_.window; }
  [[nodiscard]] std::size_t max_body_bytes() const { return options_.max_body_bytes; }
  // Present exactly for GenericHmac.
  [[nodiscard]] const HmacTemplate* hmac_template() const {
    return options_.hmac_template ? &*options_.hmac_template : nullptr;
  }
  // True if a timestamp is inside the signed string. Decides how long replay claims must live.
  [[nodiscard]] bool has_signed_time() const;

 private:
  explicit SchemeSettings(Options options) : options_(std::move(options)) {}
  Options options_;
};

[[nodiscard]] std::size_t default_max_body(Scheme scheme);

}  // namespace sealpost
