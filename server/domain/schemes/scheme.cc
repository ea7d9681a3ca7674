#include "domain/schemes/scheme.h"

#include <algorithm>
#include <utility>

#include "domain/schemes/internal/text.h"
#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

using Part = HmacTemplate::Part;
using Piece = HmacTemplate::Piece;

constexpr std::size_t kMaxTemplateText = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_id_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// RFC 9110 section 5.6.2: token.
bool is_field_name(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  if (text.empty() || text.size() > 64) return false;
  return std::ranges::all_of(
      text, [&](char c) { return is_id_character(c) || kSigns.find(c) != std::string_view::npos; });
}

std::size_t count(const std::vector<Part>& parts, Piece piece) {
  return static_cast<std::size_t>(std::ranges::count(parts, piece, &Part::piece));
}

// The string must be cut in one way only. Pieces before the body end at the literal behind them, pieces after
// it begin at the literal before them; a timestamp may touch the body because it then has ten digits.
bool separated(const std::vector<Part>& parts, std::size_t index, std::size_t body) {
  const Part& part = parts[index];
  const Part& neighbour = index < body ? parts[index + 1] : parts[index - 1];
  if (neighbour.piece == Piece::Body) return part.piece == Piece::Timestamp;
  if (neighbour.piece != Piece::Literal) return false;
  const char facing = index < body ? neighbour.literal.front() : neighbour.literal.back();
  return part.piece == Piece::Timestamp ? !is_digit(facing) : !is_id_character(facing);
}

Result<void, SettingsError> check_parts(const std::vector<Part>& parts) {
  if (parts.empty() || parts.size() > HmacTemplate::kMaxParts) return fail(SettingsError::BadTemplate);
  for (const Piece piece : {Piece::Id, Piece::Timestamp, Piece::Body})
    if (count(parts, piece) > 1) return fail(SettingsError::BadTemplate);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool literal = parts[i].piece == Piece::Literal;
    if (literal == parts[i].literal.empty() || parts[i].literal.size() > kMaxTemplateText)
      return fail(SettingsError::BadTemplate);
    if (literal && i > 0 && parts[i - 1].piece == Piece::Literal) return fail(SettingsError::BadTemplate);
  }
  const auto found = std::ranges::find(parts, Piece::Body, &Part::piece);
  if (found == parts.end()) return fail(SettingsError::BadTemplate);
  const auto body = static_cast<std::size_t>(found - parts.begin());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].piece != Piece::Id && parts[i].piece != Piece::Timestamp) continue;
    if (!separated(parts, i, body)) return fail(SettingsError::AmbiguousTemplate);
  }
  return {};
}

Result<void, SettingsError> check_headers(const HmacTemplate& t) {
  if (!is_field_name(t.signature_header)) return fail(SettingsError::BadHeaderName);
  const std::array<std::string_view, 4> names{t.signature_header, t.timestamp_header, t.id_header,
                                              t.event_type_header};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    if (!is_field_name(names[i])) return fail(SettingsError::BadHeaderName);
    for (std::size_t k = 0; k < i; ++k)
      if (equal_ignoring_case(names[i], names[k])) return fail(SettingsError::BadHeaderName);
  }
  // A timestamp that is not signed says nothing, and must not look as if it did.
  if ((count(t.parts, Piece::Timestamp) == 1) == t.timestamp_header.empty())
    return fail(SettingsError::UnboundHeader);
  if (count(t.parts, Piece::Id) == 1 && t.id_header.empty()) return fail(SettingsError::UnboundHeader);
  return {};
}

Result<void, SettingsError> check_template(const HmacTemplate& t) {
  // A comma separates several signatures in the header.
  const auto fits = [](char c) { return is_visible_ascii(c) && c != ','; };
  if (t.prefix.size() > 32 || !std::ranges::all_of(t.prefix, fits)) return fail(SettingsError::BadPrefix);
  SEALPOST_TRY_VOID(check_parts(t.parts));
  return check_headers(t);
}

}  // namespace

std::string_view name(Scheme scheme) {
  switch (scheme) {
    case Scheme::StandardV1:
      return "standard_v1";
    case Scheme::StandardV1a:
      return "standard_v1a";
    case Scheme::GitHub:
      return "github";
    case Scheme::Stripe:
      return "stripe";
    case Scheme::Slack:
      return "slack";
    case Scheme::GitLabToken:
      return "gitlab_token";
    case Scheme::GitLabSigned:
      return "gitlab_signed";
    case Scheme::GenericHmac:
      return "generic_hmac";
  }
  die(__FILE__, __LINE__, "a scheme without a name");
}

std::optional<Scheme> scheme_from_name(std::string_view text) {
  for (const Scheme scheme : kAllSchemes)
    if (name(scheme) == text) return scheme;
  return std::nullopt;
}

bool is_signed(Scheme scheme) { return scheme != Scheme::GitLabToken; }

std::size_t default_max_body(Scheme scheme) {
  constexpr std::size_t kKiB = 1024;
  switch (scheme) {
    case Scheme::StandardV1:
    case Scheme::StandardV1a:
    case Scheme::GenericHmac:
      return 256 * kKiB;
    case Scheme::GitHub:
    case Scheme::Stripe:
    case Scheme::Slack:
    case Scheme::GitLabToken:
    case Scheme::GitLabSigned:
      return 1024 * kKiB;
  }
  die(__FILE__, __LINE__, "a scheme without a bound");
}

Result<std::vector<Part>, SettingsError> parse_template(std::string_view text) {
  if (text.empty() || text.size() > kMaxTemplateText) return fail(SettingsError::BadTemplate);
  std::vector<Part> parts;
  const auto literal = [&](char c) {
    if (parts.empty() || parts.back().piece != Piece::Literal) parts.push_back({Piece::Literal, ""});
    parts.back().literal.push_back(c);
  };
  while (!text.empty()) {
    const char c = text.front();
    if (!is_visible_ascii(c)) return fail(SettingsError::BadTemplate);
    const auto takes = [&](std::string_view token) {
      if (!text.starts_with(token)) return false;
      text.remove_prefix(token.size());
      return true;
    };
    if (takes("{{"))
      literal('{');
    else if (takes("}}"))
      literal('}');
    else if (takes("{id}"))
      parts.push_back({Piece::Id, ""});
    else if (takes("{timestamp}"))
      parts.push_back({Piece::Timestamp, ""});
    else if (takes("{body}"))
      parts.push_back({Piece::Body, ""});
    else if (c == '{' || c == '}')
      return fail(SettingsError::BadTemplate);
    else {
      literal(c);
      text.remove_prefix(1);
    }
  }
  SEALPOST_TRY_VOID(check_parts(parts));
  return parts;
}

Result<SchemeSettings, SettingsError> SchemeSettings::create(Options options) {
  using std::chrono::seconds;
  if (options.window < seconds(10) || options.window > seconds(3600)) return fail(SettingsError::BadWindow);
  if (options.max_body_bytes == 0) options.max_body_bytes = default_max_body(options.scheme);
  if (options.max_body_bytes > kMaxBodyBytes) return fail(SettingsError::BadBodyBound);
  if (options.scheme == Scheme::GenericHmac) {
    if (!options.hmac_template) return fail(SettingsError::TemplateMissing);
    SEALPOST_TRY_VOID(check_template(*options.hmac_template));
  } else if (options.hmac_template) {
    return fail(SettingsError::TemplateUnused);
  }
  return SchemeSettings(std::move(options));
}

bool SchemeSettings::has_signed_time() const {
  if (const HmacTemplate* t = hmac_template()) return !t->timestamp_header.empty();
  return scheme() != Scheme::GitHub && scheme() != Scheme::GitLabToken;
}

}  // namespace sealpost
