#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "foundation/log/log.h"

namespace sealpost {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
    case LogLevel::Off:
      return "error";
  }
  return "error";
}

// The length of the well-formed UTF-8 character at the front, or 0 (RFC 3629 section 4).
std::size_t character_size(std::string_view text) {
  const auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto continues = [&at](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) > 0x9f;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && at(1) < 0x90;
    const bool beyond = first == 0xf4 && at(1) > 0x8f;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// Characters that move a terminal's cursor, reorder its text or end a line: C0, DEL, C1 (U+0080-9F), the line
// separators U+2028/9, and the bidirectional controls U+200E/F, U+202A-E and U+2066-9.
bool is_hazardous(std::string_view character) {
  if (character.size() == 1) {
    const auto c = static_cast<unsigned char>(character[0]);
    return c < 0x20 || c == 0x7f;
  }
  if (character.size() == 2) return character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
  if (character.size() != 3 || character[0] != '\xe2') return false;
  const auto second = static_cast<unsigned char>(character[1]);
  const auto third = static_cast<unsigned char>(character[2]);
  if (second == 0x80) return third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae);
  return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

unsigned code_point(std::string_view character) {
  const auto octet = [character](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(character[i]));
  };
  if (character.size() == 1) return octet(0);
  if (character.size() == 2) return ((octet(0) & 0x1fU) << 6U) | (octet(1) & 0x3fU);
  return ((octet(0) & 0x0fU) << 12U) | ((octet(1) & 0x3fU) << 6U) | (octet(2) & 0x3fU);
}

// A quoted string that is valid in JSON and in logfmt. Octets that are no UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text) {
  const bool cut = text.size() > Logger::kMaxValueSize;
  std::size_t left = std::min(text.size(), Logger::kMaxValueSize);
  out.push_back('"');
  while (left > 0) {
    const std::size_t size = character_size(text);
    if (size > left) break;  // the bound falls inside a character
    const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    if (size == 0)
      out += "\xef\xbf\xbd";
    else if (character == "\"" || character == "\\")
      out.append("\\").append(character);
    else if (is_hazardous(character))
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code_point(character));
    else
      out += character;
    text.remove_prefix(character.size());
    left -= character.size();
  }
  out += cut ? "...\"" : "\"";
}

bool is_plain_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/@+").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= Logger::kMaxValueSize &&
         std::all_of(text.begin(), text.end(), plain);
}

void append_value(std::string& out, LogFormat format, const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (format == LogFormat::Logfmt && is_plain_word(*text))
      out += *text;
    else
      append_quoted(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else {
    fmt::format_to(std::back_inserter(out), "{}", std::get<std::uint64_t>(value));
  }
}

std::string rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<Seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds.time_since_epoch().count()),
                     (time - seconds).count());
}

}  // namespace

std::string format_log_line(LogFormat format, WallTime time, LogLevel level, std::string_view event,
                            std::span<const LogField> fields) {
  std::string out;
  const auto add = [&out, format](std::string_view name, const LogField::Value& value) {
    if (format == LogFormat::Json) {
      out += out.empty() ? "{" : ",";
      append_quoted(out, name);
      out.push_back(':');
    } else {
      if (!out.empty()) out.push_back(' ');
      out += name;
      out.push_back('=');
    }
    append_value(out, format, value);
  };
  const std::string moment = rfc3339(time);
  add("time", std::string_view(moment));
  add("level", level_name(level));
  add("event", event);
  for (const LogField& field : fields) add(field.name(), field.value());
  if (format == LogFormat::Json) out.push_back('}');
  return out;
}

}  // namespace sealpost
