#include "domain/tlog/canonical_fields.h"

#include <algorithm>
#include <optional>

#include "domain/tlog/internal/text.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

// Octets that canonical text does not hold, so they can stand between its pieces.
constexpr std::uint8_t kStoredName = 0x01;
constexpr std::uint8_t kFullName = 0x02;

constexpr std::string_view kHexDigits = "0123456789abcdef";

// RFC 8785 section 3.2.2.2: the short forms where they exist, lower-case \u00xx for other control bytes.
constexpr std::string_view kShortEscapes = "\bb\ff\nn\rr\tt\"\"\\\\";

char short_escape(char c) {
  for (std::size_t i = 0; i < kShortEscapes.size(); i += 2)
    if (kShortEscapes[i] == c) return kShortEscapes[i + 1];
  return 0;
}

void append_json_string(std::string& out, std::string_view value) {
  out.push_back('"');
  // Nearly everything stands for itself: whole runs of that are copied at once.
  while (!value.empty()) {
    const std::size_t run = plain_prefix(value);
    out.append(value.substr(0, run));
    value.remove_prefix(run);
    if (value.empty()) break;
    const char c = value.front();
    value.remove_prefix(1);
    const auto byte = static_cast<std::uint8_t>(c);
    if (const char escape = short_escape(c); escape != 0) {
      out.push_back('\\');
      out.push_back(escape);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

// One escape after its backslash, in its only spelling.
std::optional<char> take_escape(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  for (std::size_t i = 0; i < kShortEscapes.size(); i += 2) {
    if (kShortEscapes[i + 1] != rest.front()) continue;
    rest.remove_prefix(1);
    return kShortEscapes[i];
  }
  if (!take(rest, "u00") || rest.size() < 2) return std::nullopt;
  const auto high = kHexDigits.find(rest[0]);
  const auto low = kHexDigits.find(rest[1]);
  if (high > 1 || low == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(2);
  const auto c = static_cast<char>(high * 16 + low);
  return short_escape(c) == 0 ? std::optional(c) : std::nullopt;
}

// The rest of a string after its opening quote.
std::optional<std::string> take_string(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return is_utf8(value) ? std::optional(std::move(value)) : std::nullopt;
    if (c == '\\') {
      const auto escaped = take_escape(rest);
      if (!escaped) return std::nullopt;
      value.push_back(*escaped);
    } else if (static_cast<std::uint8_t>(c) < 0x20) {
      return std::nullopt;
    } else {
      value.push_back(c);
    }
  }
  return std::nullopt;
}

std::optional<CanonicalValue> take_value(std::string_view& rest) {
  if (take(rest, "\"")) {
    auto text = take_string(rest);
    return text ? std::optional<CanonicalValue>(std::move(*text)) : std::nullopt;
  }
  if (take(rest, "true")) return CanonicalValue(true);
  if (take(rest, "false")) return CanonicalValue(false);
  const bool negative = take(rest, "-");
  const auto digits = rest.substr(0, std::min(rest.find_first_of(",}"), rest.size()));
  const auto number = parse_decimal(digits, static_cast<std::uint64_t>(kMaxCanonicalInteger));
  if (!number || (negative && *number == 0)) return std::nullopt;
  rest.remove_prefix(digits.size());
  const auto value = static_cast<std::int64_t>(*number);
  return CanonicalValue(negative ? -value : value);
}

}  // namespace

bool CanonicalFields::open(FieldName name) {
  if (refused_ || !name.valid() || entries_.size() == kMaxCanonicalFields ||
      arena_.size() > kMaxCanonicalBytes) {
    refused_ = true;
    return false;
  }
  if (entries_.empty()) {  // what a group of an audit record usually takes
    entries_.reserve(16);
    arena_.reserve(768);
  } else {
    ascending_ = ascending_ && key_of(entries_.back()) < name.text();
  }
  arena_.append(entries_.empty() ? "{\"" : ",\"");
  entries_.push_back({arena_.size() - 1, 0, name.text().size(), name.code()});
  arena_.append(name.text()).append("\":");
  return true;
}

void CanonicalFields::close() { entries_.back().size = arena_.size() - entries_.back().begin; }

CanonicalFields& CanonicalFields::add(FieldName name, std::string_view value) {
  const bool plain = plain_prefix(value) == value.size();
  if (value.size() > kMaxCanonicalBytes || (!plain && !is_utf8(value))) refused_ = true;
  if (!open(name)) return *this;
  if (plain) {
    arena_.append("\"").append(value).append("\"");
  } else {
    append_json_string(arena_, value);
  }
  close();
  return *this;
}

CanonicalFields& CanonicalFields::add(FieldName name, std::int64_t value) {
  if (value > kMaxCanonicalInteger || value < -kMaxCanonicalInteger) refused_ = true;
  if (!open(name)) return *this;
  arena_.append(std::to_string(value));
  close();
  return *this;
}

CanonicalFields& CanonicalFields::add_flag(FieldName name, bool value) {
  if (!open(name)) return *this;
  arena_.append(value ? "true" : "false");
  close();
  return *this;
}

std::string_view CanonicalFields::key_of(const Entry& entry) const {
  return std::string_view(arena_).substr(entry.begin + 1, entry.key_size);
}

Result<std::string, TlogRefusal> CanonicalFields::finish() const {
  if (refused_) return fail(TlogRefusal::FieldsMalformed);
  std::string out;
  out.reserve(arena_.size() + 2);
  if (ascending_) {
    out.append(entries_.empty() ? "{" : arena_);
  } else {
    const std::vector<Entry> entries = sorted();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0 && key_of(entries[i]) == key_of(entries[i - 1])) return fail(TlogRefusal::FieldsMalformed);
      out.push_back(i > 0 ? ',' : '{');
      out.append(arena_, entries[i].begin, entries[i].size);
    }
  }
  out.push_back('}');
  if (out.size() > kMaxCanonicalBytes) return fail(TlogRefusal::FieldsMalformed);
  return out;
}

std::vector<CanonicalFields::Entry> CanonicalFields::sorted() const {
  std::vector<Entry> entries = entries_;
  std::sort(entries.begin(), entries.end(),
            [&](const Entry& a, const Entry& b) { return key_of(a) < key_of(b); });
  return entries;
}

void CanonicalFields::pack_onto(Bytes& out) const {
  SEALPOST_CHECK(!refused_);
  out.reserve(out.size() + arena_.size() + 1);
  const auto put = [&](const Entry& entry) {
    const std::string_view whole = std::string_view(arena_).substr(entry.begin, entry.size);
    const std::size_t name = entry.key_size + 3;  // with its quotes and colon
    out.push_back(entry.code != 0 ? kStoredName : kFullName);
    if (entry.code != 0) out.push_back(entry.code);
    append(out, entry.code != 0 ? whole.substr(name) : whole);
  };
  if (ascending_) {
    std::ranges::for_each(entries_, put);
  } else {
    std::ranges::for_each(sorted(), put);
  }
}

Result<std::string, TlogRefusal> unpack_fields(ByteView packed) {
  constexpr auto kMalformed = TlogRefusal::FieldsMalformed;
  std::string out;
  out.reserve(packed.size() * 2);
  std::string_view rest = as_text(packed);
  while (!rest.empty()) {
    const auto marker = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    out.push_back(out.empty() ? '{' : ',');
    if (marker == kStoredName) {
      const std::size_t code = rest.empty() ? 0 : static_cast<std::uint8_t>(rest.front());
      if (code == 0 || code > kStoredFieldNames.size()) return fail(kMalformed);
      out.append("\"").append(kStoredFieldNames[code - 1]).append("\":");
      rest.remove_prefix(1);
    } else if (marker != kFullName) {
      return fail(kMalformed);
    }
    const auto is_marker = [](char c) { return c == kStoredName || c == kFullName; };
    const auto end = std::ranges::find_if(rest, is_marker);
    const auto value = static_cast<std::size_t>(end - rest.begin());
    out.append(rest.substr(0, value));
    rest.remove_prefix(value);
    if (out.size() >= kMaxCanonicalBytes) return fail(kMalformed);
  }
  if (out.empty()) out.push_back('{');
  out.push_back('}');
  return out;
}

Result<std::vector<CanonicalField>, TlogRefusal> parse_canonical_fields(std::string_view text) {
  constexpr auto kMalformed = TlogRefusal::FieldsMalformed;
  std::vector<CanonicalField> fields;
  if (text.size() > kMaxCanonicalBytes || !take(text, "{")) return fail(kMalformed);
  while (!take(text, "}")) {
    if (fields.size() == kMaxCanonicalFields) return fail(kMalformed);
    if (!fields.empty() && !take(text, ",")) return fail(kMalformed);
    if (!take(text, "\"")) return fail(kMalformed);
    const auto key = take_until(text, '"');
    if (!key || !is_plain_id(*key, kMaxCanonicalKeyBytes) || !take(text, ":")) return fail(kMalformed);
    if (!fields.empty() && *key <= fields.back().key) return fail(kMalformed);
    auto value = take_value(text);
    if (!value) return fail(kMalformed);
    fields.push_back({std::string(*key), std::move(*value)});
  }
  if (!text.empty()) return fail(kMalformed);
  return fields;
}

}  // namespace sealpost
