#include "domain/schemes/internal/request.h"

#include <algorithm>

#include "domain/schemes/internal/text.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxSignatureHeader = 4096;
constexpr std::size_t kMaxToken = 256;
// t= and the versions that are ignored count too: a header is not a place to search in.
constexpr std::size_t kMaxStripeElements = 16;

using Piece = HmacTemplate::Piece;

// Reads one request; the first thing that is wrong stays.
class Reader final {
 public:
  Reader(const SchemeSettings& settings, std::span<const HeaderView> headers, ByteView body,
         RequestReading& out)
      : settings_(settings), headers_(headers), body_(body), out_(out) {}

  void read() {
    if (!encoding_is_identity()) {
      out_.format = FormatFinding::UnsupportedEncoding;
      return;
    }
    switch (settings_.scheme()) {
      case Scheme::StandardV1:
      case Scheme::StandardV1a:
        read_standard();
        break;
      case Scheme::GitLabSigned:
        read_standard();
        out_.event_type = event_header("X-Gitlab-Event");
        break;
      case Scheme::GitHub:
        read_github();
        break;
      case Scheme::Stripe:
        read_stripe();
        break;
      case Scheme::Slack:
        read_slack();
        break;
      case Scheme::GitLabToken:
        read_gitlab_token();
        break;
      case Scheme::GenericHmac:
        read_generic(*settings_.hmac_template());
        break;
    }
  }

 private:
  [[nodiscard]] bool good() const { return out_.format == FormatFinding::Readable; }
  void malformed() {
    if (good()) out_.format = FormatFinding::MalformedHeader;
  }
  void missing() {
    if (good()) out_.format = FormatFinding::MissingSignature;
  }

  [[nodiscard]] bool encoding_is_identity() const {
    const HeaderCount found = find_header(headers_, "Content-Encoding");
    return found.count == 0 || (found.count == 1 && equal_ignoring_case(found.first, "identity"));
  }

  // The header's value; empty where absent. Twice is malformed: two readers could choose differently.
  std::string_view single(std::string_view name, std::size_t max_length) {
    const HeaderCount found = find_header(headers_, name);
    if (found.count > 1 || found.first.size() > max_length) {
      malformed();
      return {};
    }
    return found.first;
  }
  // Whether the header is there at all decides between "missing" and "malformed".
  std::string_view signature_header(std::string_view name) {
    const std::string_view value = single(name, kMaxSignatureHeader);
    if (value.empty()) missing();
    return value;
  }
  std::string_view event_header(std::string_view name) {
    const std::string_view value = single(name, 128);
    if (!value.empty() && !is_event_type(value)) malformed();
    return value;
  }
  std::string_view unsigned_id_header(std::string_view name) {
    const std::string_view value = single(name, kMaxIdLength);
    if (!value.empty() && !is_message_id(value, std::nullopt)) malformed();
    return value;
  }
  std::string_view signed_id_header(std::string_view name, std::optional<char> separator) {
    const std::string_view value = single(name, kMaxIdLength);
    if (!is_message_id(value, separator)) malformed();
    return value;
  }
  void take_timestamp(std::string_view text) {
    out_.timestamp = parse_timestamp(text);
    if (!out_.timestamp) malformed();
  }

  // `decode` fills the octets and tells whether the text stood for exactly so many.
  template <class Decode>
  void add(SentSignature::Kind kind, Decode&& decode) {
    if (out_.signature_count == kMaxSignatures) return malformed();
    SentSignature& sent = out_.signatures[out_.signature_count];
    sent.kind = kind;
    if (!decode(std::span(sent.octets).first(sent.bytes().size()))) return malformed();
    ++out_.signature_count;
  }
  void add_base64(SentSignature::Kind kind, std::string_view text) {
    add(kind, [&](std::span<std::uint8_t> out) { return decode_base64(text, out); });
  }
  void add_hex(std::string_view text) {
    add(SentSignature::Kind::Hmac, [&](std::span<std::uint8_t> out) { return decode_hex(text, out); });
  }

  void read_standard() {
    std::string_view list = signature_header("webhook-signature");
    if (!good()) return;
    out_.signed_id = signed_id_header("webhook-id", '.');
    const std::string_view time = single("webhook-timestamp", kMaxTimestampDigits);
    take_timestamp(time);
    for (std::size_t entries = 0; good(); ++entries) {
      if (entries == kMaxSignatures) return malformed();
      const std::size_t space = list.find(' ');
      take_standard_entry(list.substr(0, space));
      if (space == std::string_view::npos) break;
      list.remove_prefix(space + 1);
    }
    if (out_.signature_count == 0) malformed();
    out_.parts = {as_bytes(out_.signed_id), as_bytes("."), as_bytes(time), as_bytes("."), body_};
  }

  void take_standard_entry(std::string_view entry) {
    const std::size_t comma = entry.find(',');
    if (comma == std::string_view::npos || comma == 0) return malformed();
    const std::string_view version = entry.substr(0, comma);
    const std::string_view value = entry.substr(comma + 1);
    if (version == "v1") {
      if (settings_.scheme() == Scheme::StandardV1a) return;  // the weaker one is not looked at
      add_base64(SentSignature::Kind::Hmac, value);
    } else if (version == "v1a") {
      if (settings_.scheme() == Scheme::GitLabSigned) return;
      add_base64(SentSignature::Kind::Ed25519, value);
    }
  }

  void read_github() {
    const std::string_view value = signature_header("X-Hub-Signature-256");
    if (!good()) return;
    take_versioned_hex(value, "sha256");
    out_.event_type = event_header("X-GitHub-Event");
    out_.unsigned_id = unsigned_id_header("X-GitHub-Delivery");
    out_.parts = {body_};
  }

  // "<version>=<hex>"
  void take_versioned_hex(std::string_view value, std::string_view wanted) {
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos || equals == 0) return malformed();
    if (value.substr(0, equals) != wanted) return malformed();
    add_hex(value.substr(equals + 1));
  }

  void read_stripe() {
    std::string_view list = signature_header("Stripe-Signature");
    if (!good()) return;
    std::optional<std::string_view> time;
    for (std::size_t elements = 0; good(); ++elements) {
      if (elements == kMaxStripeElements) return malformed();
      const std::size_t comma = list.find(',');
      const std::string_view element = list.substr(0, comma);
      const std::size_t equals = element.find('=');
      if (equals == std::string_view::npos || equals == 0) return malformed();
      const std::string_view key = element.substr(0, equals);
      const std::string_view value = element.substr(equals + 1);
      if (key == "t") {
        if (time) return malformed();
        time = value;
      } else if (key == "v1") {
        add_hex(value);
      }
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
    if (!time) return malformed();
    take_timestamp(*time);
    if (out_.signature_count == 0) malformed();
    out_.parts = {as_bytes(*time), as_bytes("."), body_};
  }

  void read_slack() {
    const std::string_view value = signature_header("X-Slack-Signature");
    if (!good()) return;
    const std::string_view time = single("X-Slack-Request-Timestamp", kMaxTimestampDigits);
    take_timestamp(time);
    take_versioned_hex(value, "v0");
    out_.parts = {as_bytes("v0:"), as_bytes(time), as_bytes(":"), body_};
  }

  void read_gitlab_token() {
    out_.token = single("X-Gitlab-Token", kMaxToken);
    if (out_.token.empty()) missing();
    out_.event_type = event_header("X-Gitlab-Event");
    out_.unsigned_id = unsigned_id_header("Idempotency-Key");
    out_.parts = {body_};
  }

  // The character of the literal beside {id} that an id must not hold: it would move the cut.
  static std::optional<char> id_separator(const HmacTemplate& t) {
    bool after_body = false;
    for (std::size_t i = 0; i < t.parts.size(); ++i) {
      if (t.parts[i].piece == Piece::Body) after_body = true;
      if (t.parts[i].piece != Piece::Id) continue;
      return after_body ? t.parts[i - 1].literal.back() : t.parts[i + 1].literal.front();
    }
    return std::nullopt;
  }
  static bool timestamp_touches_body(const HmacTemplate& t) {
    for (std::size_t i = 1; i < t.parts.size(); ++i) {
      const auto [a, b] = std::minmax(t.parts[i - 1].piece, t.parts[i].piece);
      if (a == Piece::Timestamp && b == Piece::Body) return true;
    }
    return false;
  }

  void read_generic(const HmacTemplate& t) {
    const std::string_view list = signature_header(t.signature_header);
    if (!good()) return;
    read_generic_signatures(t, list);
    const bool id_signed = std::ranges::count(t.parts, Piece::Id, &HmacTemplate::Part::piece) == 1;
    if (id_signed)
      out_.signed_id = signed_id_header(t.id_header, id_separator(t));
    else if (!t.id_header.empty())
      out_.unsigned_id = unsigned_id_header(t.id_header);
    if (!t.event_type_header.empty()) out_.event_type = event_header(t.event_type_header);
    std::string_view time;
    if (!t.timestamp_header.empty()) {
      time = single(t.timestamp_header, kMaxTimestampDigits);
      take_timestamp(time);
      if (timestamp_touches_body(t) && time.size() != 10) malformed();
    }
    for (std::size_t i = 0; i < t.parts.size(); ++i) {
      switch (t.parts[i].piece) {
        case Piece::Literal:
          out_.parts[i] = as_bytes(t.parts[i].literal);
          break;
        case Piece::Id:
          out_.parts[i] = as_bytes(out_.signed_id);
          break;
        case Piece::Timestamp:
          out_.parts[i] = as_bytes(time);
          break;
        case Piece::Body:
          out_.parts[i] = body_;
          break;
      }
    }
  }

  // One signature, or several with a comma between, each with the prefix.
  void read_generic_signatures(const HmacTemplate& t, std::string_view list) {
    while (good()) {
      const std::size_t comma = list.find(',');
      std::string_view value = list.substr(0, comma);
      if (!value.starts_with(t.prefix)) return malformed();
      value.remove_prefix(t.prefix.size());
      switch (t.encoding) {
        case SignatureEncoding::Hex:
          add_hex(value);
          break;
        case SignatureEncoding::Base64:
          add_base64(SentSignature::Kind::Hmac, value);
          break;
        case SignatureEncoding::Base64Url:
          add(SentSignature::Kind::Hmac, [&](std::span<std::uint8_t> out) {
            return decode_base64(value, out, Base64Alphabet::Url, Base64Padding::Optional);
          });
          break;
      }
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  }

  const SchemeSettings& settings_;
  std::span<const HeaderView> headers_;
  ByteView body_;
  RequestReading& out_;
};

}  // namespace

RequestReading read_request(const SchemeSettings& settings, std::span<const HeaderView> headers,
                            ByteView body) {
  RequestReading out;
  Reader(settings, headers, body, out).read();
  return out;
}

std::vector<std::string_view> headers_read(const SchemeSettings& settings) {
  std::vector<std::string_view> names{"Content-Encoding"};
  const auto add = [&](std::initializer_list<std::string_view> more) {
    for (const std::string_view name : more)
      if (!name.empty()) names.push_back(name);
  };
  switch (settings.scheme()) {
    case Scheme::StandardV1:
    case Scheme::StandardV1a:
      add({"webhook-id", "webhook-timestamp", "webhook-signature"});
      break;
    case Scheme::GitLabSigned:
      add({"webhook-id", "webhook-timestamp", "webhook-signature", "X-Gitlab-Event"});
      break;
    case Scheme::GitHub:
      add({"X-Hub-Signature-256", "X-GitHub-Event", "X-GitHub-Delivery"});
      break;
    case Scheme::Stripe:
      add({"Stripe-Signature"});
      break;
    case Scheme::Slack:
      add({"X-Slack-Signature", "X-Slack-Request-Timestamp"});
      break;
    case Scheme::GitLabToken:
      add({"X-Gitlab-Token", "X-Gitlab-Event", "Idempotency-Key"});
      break;
    case Scheme::GenericHmac: {
      const HmacTemplate& t = *settings.hmac_template();
      add({t.signature_header, t.timestamp_header, t.id_header, t.event_type_header});
      break;
    }
  }
  return names;
}

std::size_t signed_length(const RequestReading& reading) {
  std::size_t length = 0;
  for (const ByteView part : reading.parts) length += part.size();
  return length;
}

Bytes joined(const RequestReading& reading) {
  Bytes out;
  out.reserve(signed_length(reading));
  for (const ByteView part : reading.parts) append(out, part);
  return out;
}

Hash256 signed_sha256(const RequestReading& reading) {
  const auto& p = reading.parts;
  return sha256({p[0], p[1], p[2], p[3], p[4], p[5], p[6]});
}

}  // namespace sealpost
