#include "edge/http_server/request_head.h"

#include <array>
#include <charconv>
#include <vector>

namespace sealpost {
namespace {

enum CharClass : std::uint8_t { kToken = 1, kTargetChar = 2, kValueChar = 4 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (c > 0x20 && c < 0x7f) classes[c] |= kTargetChar;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= kValueChar;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) classes[c] |= kToken;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[static_cast<unsigned char>(c)] |= kToken;
  return classes;
}
constexpr auto kClasses = make_classes();

bool is(char c, CharClass wanted) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kLongestMethod = 32;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `each` for every non-empty element of a comma list, until it returns false.
template <class Each>
bool every_element(std::string_view list, Each each) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto element = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (!element.empty() && !each(element)) return false;
  }
  return true;
}

Result<std::uint64_t, ProtocolErrorKind> parse_length(std::string_view text) {
  // Digits alone: from_chars takes no sign for unsigned types, and no list ("5, 5") passes.
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.size() > 18 || error != std::errc() || end != text.data() + text.size())
    return fail(ProtocolErrorKind::AmbiguousFraming);
  return value;
}

Result<void, ProtocolErrorKind> judge_body(int minor_version, std::span<const HeaderView> fields,
                                           Framing& out) {
  const auto length = find_header(fields, "Content-Length");
  const auto coding = find_header(fields, "Transfer-Encoding");
  if (length.count > 1 || coding.count > 1 || (length.count == 1 && coding.count == 1))
    return fail(ProtocolErrorKind::AmbiguousFraming);
  if (length.count == 1) {
    SEALPOST_TRY(out.content_length, parse_length(length.first));
  }
  if (coding.count == 1) {
    // RFC 9112 section 6.1: a chunked HTTP/1.0 message has faulty framing.
    if (minor_version == 0) return fail(ProtocolErrorKind::AmbiguousFraming);
    if (!equal_ignoring_case(coding.first, "chunked")) return fail(ProtocolErrorKind::UnsupportedCoding);
    out.chunked = true;
  }
  return {};
}

bool valid_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return true;
}

}  // namespace

std::string_view name_of(ProtocolErrorKind kind) {
  switch (kind) {
    case ProtocolErrorKind::Malformed:
      return "malformed";
    case ProtocolErrorKind::AmbiguousFraming:
      return "ambiguous_framing";
    case ProtocolErrorKind::BadHost:
      return "bad_host";
    case ProtocolErrorKind::HeadTimeout:
      return "head_timeout";
    case ProtocolErrorKind::BodyTimeout:
      return "body_timeout";
    case ProtocolErrorKind::BodyTooLarge:
      return "body_too_large";
    case ProtocolErrorKind::TargetTooLong:
      return "target_too_long";
    case ProtocolErrorKind::ExpectationFailed:
      return "expectation_failed";
    case ProtocolErrorKind::Misdirected:
      return "misdirected";
    case ProtocolErrorKind::HeadTooLarge:
      return "head_too_large";
    case ProtocolErrorKind::Unanswered:
      return "unanswered";
    case ProtocolErrorKind::UnsupportedCoding:
      return "unsupported_coding";
    case ProtocolErrorKind::TooBusy:
      return "too_busy";
    case ProtocolErrorKind::UnsupportedVersion:
      return "unsupported_version";
  }
  return "unknown";
}

int status_of(ProtocolErrorKind kind) {
  switch (kind) {
    case ProtocolErrorKind::Malformed:
    case ProtocolErrorKind::AmbiguousFraming:
    case ProtocolErrorKind::BadHost:
      return 400;
    case ProtocolErrorKind::HeadTimeout:
    case ProtocolErrorKind::BodyTimeout:
      return 408;
    case ProtocolErrorKind::BodyTooLarge:
      return 413;
    case ProtocolErrorKind::TargetTooLong:
      return 414;
    case ProtocolErrorKind::ExpectationFailed:
      return 417;
    case ProtocolErrorKind::Misdirected:
      return 421;
    case ProtocolErrorKind::HeadTooLarge:
      return 431;
    case ProtocolErrorKind::Unanswered:
      return 500;
    case ProtocolErrorKind::UnsupportedCoding:
      return 501;
    case ProtocolErrorKind::TooBusy:
      return 503;
    case ProtocolErrorKind::UnsupportedVersion:
      return 505;
  }
  return 500;
}

Result<std::size_t, ProtocolErrorKind> HeadScanner::scan(std::string_view head) {
  while (at_ < head.size()) {
    // Most of a head is names and values: walk them without the state machine.
    if (state_ == State::Value || state_ == State::Name) {
      const CharClass plain = state_ == State::Value ? kValueChar : kToken;
      const char* at = head.data() + at_;
      const char* const end = head.data() + head.size();
      while (at != end && is(*at, plain)) ++at;
      at_ = static_cast<std::size_t>(at - head.data());
      if (at_ >= limits_.head_bytes) return fail(ProtocolErrorKind::HeadTooLarge);
      if (at_ == head.size()) break;
    }
    SEALPOST_TRY_VOID(step(head[at_]));
    ++at_;
    if (at_ > limits_.head_bytes) return fail(ProtocolErrorKind::HeadTooLarge);
    if (done_) return at_;
  }
  return std::size_t{0};
}

Result<void, ProtocolErrorKind> HeadScanner::step(char c) {
  constexpr auto malformed = ProtocolErrorKind::Malformed;
  switch (state_) {
    case State::Method:
      if (c == ' ' && in_part_ > 0) {
        state_ = State::Target;
        in_part_ = 0;
        return {};
      }
      if (!is(c, kToken) || ++in_part_ > kLongestMethod) return fail(malformed);
      return {};
    case State::Target:
      if (c == ' ' && in_part_ > 0) {
        state_ = State::Version;
        in_part_ = 0;
        return {};
      }
      if (!is(c, kTargetChar)) return fail(malformed);
      if (++in_part_ > limits_.target_bytes) return fail(ProtocolErrorKind::TargetTooLong);
      return {};
    case State::Version:
      return step_version(c);
    case State::LineStart:
      if (c == '\r') {
        state_ = State::FinalLf;
        return {};
      }
      if (!is(c, kToken)) return fail(malformed);  // a folded line begins with a blank
      if (++fields_ > limits_.header_count) return fail(ProtocolErrorKind::HeadTooLarge);
      state_ = State::Name;
      return {};
    case State::Name:
      if (c == ':') {
        state_ = State::Value;
        return {};
      }
      if (!is(c, kToken)) return fail(malformed);
      return {};
    case State::Value:
      if (c == '\r') {
        state_ = State::ValueLf;
        return {};
      }
      if (!is(c, kValueChar)) return fail(malformed);
      return {};
    case State::ValueLf:
      if (c != '\n') return fail(malformed);
      state_ = State::LineStart;
      return {};
    case State::FinalLf:
      if (c != '\n') return fail(malformed);
      done_ = true;
      return {};
  }
  return fail(malformed);
}

// "HTTP/1.0" or "HTTP/1.1", CR; the LF is what ValueLf waits for.
Result<void, ProtocolErrorKind> HeadScanner::step_version(char c) {
  const std::size_t i = in_part_++;
  if (i < 5) {
    if (c != kVersion[i]) return fail(ProtocolErrorKind::Malformed);
    return {};
  }
  const bool digit = c >= '0' && c <= '9';
  if (i == 5 || i == 7) {
    if (!digit) return fail(ProtocolErrorKind::Malformed);
    if ((i == 5 && c != '1') || (i == 7 && c > '1')) return fail(ProtocolErrorKind::UnsupportedVersion);
    return {};
  }
  if (i == 6) {
    if (c != '.') return fail(ProtocolErrorKind::Malformed);
    return {};
  }
  if (c != '\r') return fail(ProtocolErrorKind::Malformed);
  state_ = State::ValueLf;
  return {};
}

Result<Framing, ProtocolErrorKind> judge_framing(int minor_version, std::span<const HeaderView> fields) {
  Framing framing;
  framing.keep_alive = minor_version >= 1;
  SEALPOST_TRY_VOID(judge_body(minor_version, fields, framing));
  for (const auto& field : fields) {
    if (!equal_ignoring_case(field.name, "Connection")) continue;
    every_element(field.value, [&](std::string_view option) {
      if (equal_ignoring_case(option, "close")) framing.keep_alive = false;
      return true;
    });
  }
  const auto expect = find_header(fields, "Expect");
  if (expect.count > 0) {
    if (expect.count > 1 || !equal_ignoring_case(expect.first, "100-continue"))
      return fail(ProtocolErrorKind::ExpectationFailed);
    framing.expects_continue = minor_version >= 1;  // RFC 9110 section 10.1.1: ignored in HTTP/1.0
  }
  const auto host = find_header(fields, "Host");
  if (host.count > 1 || (host.count == 0 && minor_version >= 1)) return fail(ProtocolErrorKind::BadHost);
  framing.host = host.first;
  return framing;
}

std::optional<std::string_view> host_without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(host.substr(1, close - 1));
    if (!address || address->family() != IpAddress::Family::V6) return std::nullopt;
    const auto rest = host.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || !valid_port(rest.substr(1)))) return std::nullopt;
    return host.substr(0, close + 1);
  }
  const auto colon = host.find(':');
  const auto name = host.substr(0, colon);
  if (name.empty() || name.size() > 253) return std::nullopt;
  for (const char c : name)
    if (!is(c, kToken) || std::string_view("!#$%&'*+^`|~").find(c) != std::string_view::npos)
      return std::nullopt;
  if (colon != std::string_view::npos && !valid_port(host.substr(colon + 1))) return std::nullopt;
  return name;
}

bool host_allowed(std::string_view host_name, std::span<const std::string> allowed) {
  if (allowed.empty()) {
    for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"})
      if (equal_ignoring_case(host_name, name)) return true;
    return false;
  }
  for (const auto& name : allowed)
    if (equal_ignoring_case(host_name, name)) return true;
  return false;
}

IpAddress client_address(const IpAddress& peer, std::span<const HeaderView> fields,
                         const NetworkSet& trusted_proxies) {
  if (!trusted_proxies.contains(peer)) return peer;
  std::vector<std::string_view> hops;
  for (const auto& field : fields) {
    if (!equal_ignoring_case(field.name, "X-Forwarded-For")) continue;
    // Empty elements count as unreadable hops, not as nothing.
    std::string_view rest = field.value;
    while (true) {
      const auto comma = rest.find(',');
      hops.push_back(trimmed(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  IpAddress nearest = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const auto address = IpAddress::parse(*hop);
    if (!address) return nearest;
    nearest = address->unmapped();
    if (!trusted_proxies.contains(nearest)) return nearest;
  }
  return nearest;
}

}  // namespace sealpost
