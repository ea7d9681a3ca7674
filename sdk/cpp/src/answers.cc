#include "answers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exchange.h"
#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/json/json.h"

namespace sealpost::sdk {
namespace {

namespace json = boost::json;

// Reads members of one object; the first that is missing or of another type makes all of it unreadable.
class Members final {
 public:
  explicit Members(const json::value* value) : object_(value == nullptr ? nullptr : value->if_object()) {}
  [[nodiscard]] bool ok() const { return object_ != nullptr; }

  std::string text(std::string_view name) {
    const json::value* value = find(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    return fail(std::string());
  }
  std::string text_or_empty(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr || value->is_null()) return {};
    return text(name);
  }
  std::uint64_t count(std::string_view name) {
    const auto value = count_or_none(name);
    return value ? *value : fail(std::uint64_t{0});
  }
  std::optional<std::uint64_t> count_or_none(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    if (value->is_uint64()) return value->get_uint64();
    return fail(std::optional<std::uint64_t>());
  }
  bool truth(std::string_view name) {
    const json::value* value = find(name);
    return value != nullptr && value->is_bool() ? value->get_bool() : fail(false);
  }
  TimePoint time(std::string_view name) {
    const auto value = read_time(text(name));
    return value ? *value : fail(TimePoint());
  }
  std::optional<TimePoint> time_or_none(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return time(name);
  }
  [[nodiscard]] const json::value* find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }
  // Reads every element of an array with `read(Members&)`.
  template <class T, class Read>
  std::vector<T> list(std::string_view name, const Read& read) {
    std::vector<T> out;
    const json::value* value = find(name);
    if (value == nullptr || !value->is_array()) return fail(std::move(out));
    for (const json::value& element : value->get_array()) {
      Members members(&element);
      if (!members.ok()) return fail(std::move(out));
      out.push_back(read(members));
      if (!members.ok()) return fail(std::move(out));
    }
    return out;
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    const json::value* value = find(name);
    if (value == nullptr || !value->is_array()) return fail(std::move(out));
    for (const json::value& element : value->get_array()) {
      if (!element.is_string()) return fail(std::move(out));
      out.emplace_back(element.get_string());
    }
    return out;
  }
  void require(bool condition) {
    if (!condition) object_ = nullptr;
  }

 private:
  template <class T>
  T fail(T nothing) {
    object_ = nullptr;
    return nothing;
  }
  const json::object* object_;
};

std::optional<json::value> parse(std::string_view text) {
  auto document = parse_json(text, {.max_bytes = kMaxPageBytes});
  if (!document) return std::nullopt;
  return std::move(*document);
}

AuditPosition read_audit(Members& parent) {
  Members members(parent.find("audit"));
  AuditPosition out{.log_origin = members.text("log_origin"), .index = members.count_or_none("index")};
  parent.require(members.ok());
  return out;
}

Acceptance read_acceptance(Members& members) {
  return {.message_id = members.text("message_id"),
          .duplicate = members.truth("duplicate"),
          .accepted_at = members.time("accepted_at"),
          .deliveries = members.count("deliveries"),
          .receipt = members.text("receipt"),
          .audit = read_audit(members)};
}

Stage read_stage(Members& members) {
  return {.stage = members.text("stage"),
          .at = members.time("at"),
          .result = members.text("result"),
          .code = members.text_or_empty("code"),
          .failure_class = members.text_or_empty("class"),
          .delivery_id = members.text_or_empty("delivery_id"),
          .attempt = members.count_or_none("attempt")};
}

Attempt read_attempt(Members& members) {
  Attempt out{.number = members.count("number"),
              .started_at = members.time("started_at"),
              .result = members.text("result"),
              .code = members.text_or_empty("code"),
              .failure_class = members.text_or_empty("class"),
              .key_ids = members.texts("key_ids")};
  if (const auto status = members.count_or_none("response_status")) {
    members.require(*status < 1000);
    out.response_status = static_cast<int>(*status % 1000);
  }
  return out;
}

Delivery read_delivery(Members& members) {
  return {.id = members.text("id"),
          .endpoint_id = members.text_or_empty("endpoint_id"),
          .channel_id = members.text_or_empty("channel_id"),
          .state = members.text("state"),
          .next_attempt_at = members.time_or_none("next_attempt_at"),
          .ended_at = members.time_or_none("ended_at"),
          .attempts = members.list<Attempt>("attempts", read_attempt)};
}

void read_payload(Members& parent, InboxMessage& out) {
  const json::value* value = parent.find("payload");
  if (value == nullptr || value->is_null()) return;
  Members payload(value);
  out.has_payload = true;
  out.content_type = payload.text("content_type");
  if (const json::value* found = payload.find("json")) {
    out.payload = json::serialize(*found);
  } else {
    const auto octets = from_base64(payload.text("base64"));
    parent.require(octets.has_value());
    if (octets) out.payload = as_text(*octets);
  }
  parent.require(payload.ok());
}

InboxMessage read_inbox_message(Members& members) {
  InboxMessage out{.delivery_id = members.text("delivery_id"),
                   .message_id = members.text("message_id"),
                   .type = members.text("type"),
                   .received_at = members.time("received_at"),
                   .erase_at = members.time_or_none("erase_at")};
  if (const json::value* summary = members.find("summary")) out.summary_json = json::serialize(*summary);
  read_payload(members, out);
  return out;
}

void append_padded(std::string& out, unsigned value, std::size_t digits) {
  const std::string text = std::to_string(value);
  out.append(digits > text.size() ? digits - text.size() : 0, '0');
  out += text;
}

bool read_digits(std::string_view text, unsigned& out) {
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return false;
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

}  // namespace

std::optional<TimePoint> read_time(std::string_view text) {
  // 2026-01-31T23:59:59.999Z
  if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != '.' || text[23] != 'Z')
    return std::nullopt;
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0;
  if (!read_digits(text.substr(0, 4), year) || !read_digits(text.substr(5, 2), month) ||
      !read_digits(text.substr(8, 2), day) || !read_digits(text.substr(11, 2), hour) ||
      !read_digits(text.substr(14, 2), minute) || !read_digits(text.substr(17, 2), second) ||
      !read_digits(text.substr(20, 3), millisecond))
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  // A clock of nanoseconds in 64 bits begins in 1677 and ends in 2262; a gateway's begins in 1970.
  if (!date.ok() || year < 1970 || year > 2261 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::milliseconds(millisecond);
}

std::string write_time(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  std::string out;
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_padded(out += '-', static_cast<unsigned>(date.month()), 2);
  append_padded(out += '-', static_cast<unsigned>(date.day()), 2);
  append_padded(out += 'T', static_cast<unsigned>(clock.hours().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  append_padded(out += '.', static_cast<unsigned>(clock.subseconds().count()), 3);
  return out += 'Z';
}

Outcome<std::string, Error> write_message(const Message& message, std::string_view idempotency_key) {
  // The text goes into the body as it is; what is not exactly one value could otherwise add members.
  if (const auto checked = parse_json(message.data); !checked) {
    switch (checked.error().problem) {
      case JsonProblem::Malformed:
        return wrong_use("malformed_json", describe(checked.error()));
      case JsonProblem::TooDeep:
        return wrong_use("json_too_deep", describe(checked.error()));
      case JsonProblem::DuplicateName:
        return wrong_use("duplicate_member", describe(checked.error()));
      case JsonProblem::TooLarge:
        return wrong_use("body_too_large", describe(checked.error()));
    }
  }
  std::string out = "{\"type\":" + json::serialize(json::string(message.type));
  if (message.occurred_at && *message.occurred_at < TimePoint())
    return wrong_use("validation_failed", "occurred_at lies before 1970");
  if (message.occurred_at) out += ",\"occurred_at\":\"" + write_time(*message.occurred_at) + "\"";
  if (!idempotency_key.empty())
    out += ",\"idempotency_key\":" + json::serialize(json::string(idempotency_key));
  out += ",\"data\":";
  out += message.data;
  out += "}";
  return out;
}

std::optional<FreshToken> read_token(std::string& text) {
  auto document = parse(text);
  wipe_memory(text.data(), text.size());
  text.clear();
  json::object* object = document ? document->if_object() : nullptr;
  json::value* token = object != nullptr ? object->if_contains("access_token") : nullptr;
  if (token == nullptr || !token->is_string()) return std::nullopt;
  json::string& token_text = token->get_string();
  const auto is_token = [](char c) { return c > 0x20 && c < 0x7f; };
  const bool proper =
      !token_text.empty() && token_text.size() <= 4096 && std::ranges::all_of(token_text, is_token);
  std::string header;
  header.reserve(token_text.size() + 8);
  header.append("Bearer ").append(token_text.data(), token_text.size());
  wipe_memory(token_text.data(), token_text.size());
  Secret authorization = Secret::take(std::move(header));
  Members members(&*document);
  const std::uint64_t lifetime = members.count("expires_in");
  const std::string type = members.text("token_type");
  if (!proper || !members.ok() || (type != "Bearer" && type != "bearer") || lifetime == 0 ||
      lifetime > 86'400)
    return std::nullopt;
  return FreshToken{std::move(authorization), std::chrono::seconds(lifetime)};
}

std::optional<Acceptance> read_acceptance(std::string_view text) {
  const auto document = parse(text);
  Members members(document ? &*document : nullptr);
  Acceptance out = read_acceptance(members);
  return members.ok() ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::vector<Outcome<Acceptance, Error>>> read_batch(std::string_view text,
                                                                  std::span<const std::string> keys) {
  const auto document = parse(text);
  Members members(document ? &*document : nullptr);
  std::size_t position = 0;
  auto out = members.list<Outcome<Acceptance, Error>>(
      "results", [&](Members& element) -> Outcome<Acceptance, Error> {
        const std::uint64_t status = element.count("status");
        element.require(status < 1000 && position < keys.size());
        if (!element.ok()) return Error{};
        const std::string& key = keys[position++];
        if (const json::value* accepted = element.find("accepted")) {
          Members inner(accepted);
          Acceptance acceptance = read_acceptance(inner);
          element.require(inner.ok());
          return acceptance;
        }
        const json::value* problem = element.find("problem");
        element.require(problem != nullptr);
        if (problem == nullptr) return Error{};
        Error error = read_error(static_cast<int>(status), {}, json::serialize(*problem));
        error.idempotency_key = key;
        error.attempts = 1;
        return error;
      });
  if (!members.ok() || position != keys.size()) return std::nullopt;
  return out;
}

std::optional<Receipt> read_receipt(std::string text) {
  const auto document = parse(text);
  Members members(document ? &*document : nullptr);
  Members payload(members.find("payload"));
  Receipt out{.message_id = members.text("id"),
              .type = members.text("type"),
              .environment = members.text("environment"),
              .accepted_at = members.time("accepted_at"),
              .payload_state = payload.text("state"),
              .stages = members.list<Stage>("stages", read_stage),
              .deliveries = members.list<Delivery>("deliveries", read_delivery),
              .audit = read_audit(members),
              .json = {}};
  if (!members.ok() || !payload.ok()) return std::nullopt;
  out.json = std::move(text);
  return out;
}

std::optional<InboxPage> read_inbox_page(std::string_view text) {
  const auto document = parse(text);
  Members members(document ? &*document : nullptr);
  InboxPage out{.items = members.list<InboxMessage>("items", read_inbox_message),
                .next_cursor = members.text_or_empty("next_cursor")};
  return members.ok() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace sealpost::sdk
