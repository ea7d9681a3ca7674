#include "domain/tlog/leaf.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "domain/tlog/internal/text.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

constexpr std::string_view kSequenceMark = ",\"seq\":";

bool is_sound(const LeafFields& fields) {
  if (!is_plain_id(fields.log, kMaxLogPseudonymBytes)) return false;
  if (!is_plain_id(fields.event_class, kMaxEventClassBytes)) return false;
  if (!is_plain_id(fields.retention_class, kMaxRetentionClassBytes)) return false;
  if (fields.time_ms < 0 || static_cast<std::uint64_t>(fields.time_ms) > kMaxLeafSequence) return false;
  if (fields.keys.size() > kMaxLeafKeys) return false;
  for (std::size_t i = 0; i < fields.keys.size(); ++i) {
    if (!is_plain_id(fields.keys[i], kMaxKeyGroupIdBytes)) return false;
    if (i > 0 && fields.keys[i] <= fields.keys[i - 1]) return false;
  }
  return true;
}

// `"name"` at the front.
std::optional<std::string> take_name(std::string_view& rest) {
  if (!take(rest, "\"")) return std::nullopt;
  const auto name = take_until(rest, '"');
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

bool take_keys(std::string_view& rest, std::vector<std::string>& keys) {
  if (!take(rest, "[")) return false;
  while (!take(rest, "]")) {
    if (!keys.empty() && !take(rest, ",")) return false;
    auto key = take_name(rest);
    if (!key || keys.size() == kMaxLeafKeys) return false;
    keys.push_back(std::move(*key));
  }
  return true;
}

// Everything before `,"seq":`.
std::optional<LeafFields> take_fields(std::string_view& rest) {
  LeafFields fields;
  const auto take_member = [&](std::string_view mark, std::string& into) {
    auto name = take(rest, mark) ? take_name(rest) : std::nullopt;
    if (name) into = std::move(*name);
    return name.has_value();
  };
  if (!take_member("{\"v\":1,\"log\":", fields.log)) return std::nullopt;
  if (!take_member(",\"class\":", fields.event_class)) return std::nullopt;
  if (!take_member(",\"retention\":", fields.retention_class)) return std::nullopt;
  if (!take(rest, ",\"time\":")) return std::nullopt;
  const auto time = take_until(rest, ',');
  const auto milliseconds = time ? parse_decimal(*time, kMaxLeafSequence) : std::nullopt;
  if (!milliseconds) return std::nullopt;
  fields.time_ms = static_cast<std::int64_t>(*milliseconds);
  std::string root;
  if (!take_member("\"root\":", root)) return std::nullopt;
  const auto hash = from_base64(root);
  if (!hash || hash->size() != fields.commitment_root.size()) return std::nullopt;
  std::copy(hash->begin(), hash->end(), fields.commitment_root.begin());
  if (!take(rest, ",\"keys\":") || !take_keys(rest, fields.keys) || !is_sound(fields)) return std::nullopt;
  return fields;
}

}  // namespace

Result<LeafTemplate, TlogRefusal> LeafTemplate::create(const LeafFields& fields) {
  if (!is_sound(fields)) return fail(TlogRefusal::LeafMalformed);
  std::string text;
  text.reserve(kMaxLeafBytes);
  text.append("{\"v\":1,\"log\":\"").append(fields.log);
  text.append("\",\"class\":\"").append(fields.event_class);
  text.append("\",\"retention\":\"").append(fields.retention_class);
  text.append("\",\"time\":").append(std::to_string(fields.time_ms));
  text.append(",\"root\":\"").append(to_base64(fields.commitment_root)).append("\",\"keys\":[");
  for (std::size_t i = 0; i < fields.keys.size(); ++i)
    text.append(i > 0 ? ",\"" : "\"").append(fields.keys[i]).append("\"");
  text.append("]").append(kSequenceMark);
  return LeafTemplate(std::move(text));
}

Result<LeafTemplate, TlogRefusal> LeafTemplate::from_bytes(ByteView bytes) {
  std::string_view rest = as_text(bytes);
  if (bytes.size() > kMaxLeafBytes || !take_fields(rest) || rest != kSequenceMark)
    return fail(TlogRefusal::LeafMalformed);
  return LeafTemplate(std::string(as_text(bytes)));
}

Bytes LeafTemplate::finish(std::uint64_t sequence) const {
  Bytes out;
  finish_leaf(bytes(), sequence, out);
  return out;
}

void finish_leaf(ByteView template_bytes, std::uint64_t sequence, Bytes& out) {
  SEALPOST_CHECK(sequence <= kMaxLeafSequence);
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), sequence).ptr;
  out.assign(template_bytes.begin(), template_bytes.end());
  append(out, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  out.push_back('}');
}

Result<Leaf, TlogRefusal> parse_leaf(ByteView bytes) {
  std::string_view rest = as_text(bytes);
  if (bytes.size() > kMaxLeafBytes) return fail(TlogRefusal::LeafMalformed);
  auto fields = take_fields(rest);
  if (!fields || !take(rest, kSequenceMark)) return fail(TlogRefusal::LeafMalformed);
  const auto digits = take_until(rest, '}');
  const auto sequence = digits ? parse_decimal(*digits, kMaxLeafSequence) : std::nullopt;
  if (!sequence || !rest.empty()) return fail(TlogRefusal::LeafMalformed);
  return Leaf{std::move(*fields), *sequence};
}

}  // namespace sealpost
