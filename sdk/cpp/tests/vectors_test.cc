// The rows of the shared vectors that concern Standard Webhooks, through the public headers.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "sealpost/sign.h"
#include "sealpost/verify.h"

namespace sealpost::sdk {
namespace {

namespace json = boost::json;

std::string text(const json::value& value) { return std::string(std::string_view(value.as_string())); }

// Test data only: padded standard base64.
std::string decode(const std::string& encoded) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const char c : encoded) {
    if (c == '=') break;
    buffer = (buffer << 6) | static_cast<unsigned>(alphabet.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>((buffer >> bits) & 0xffU));
  }
  return out;
}

json::object vectors() {
  std::ifstream file(SEALPOST_SIGNING_VECTORS, std::ios::binary);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
}

TimePoint at(const json::value& seconds) {
  return TimePoint(std::chrono::seconds(seconds.to_number<std::int64_t>()));
}

std::string body_of(const json::object& row) {
  std::string body = decode(text(row.at("body")));
  if (const auto* spaces = row.if_contains("body_padding"))
    body.append(spaces->to_number<std::size_t>(), ' ');
  return body;
}

void expect_of(Verifier::Options& options, const json::object& receiver) {
  const auto wanted = [&](std::string_view member) -> std::optional<std::string> {
    const auto* value = receiver.if_contains(member);
    return value == nullptr ? std::nullopt : std::optional(text(*value));
  };
  options.organization = wanted("organization");
  options.environment = wanted("environment");
  options.endpoint = wanted("endpoint");
  if (const auto* types = receiver.if_contains("event_types"))
    for (const json::value& type : types->as_array()) options.event_types.push_back(text(type));
}

std::optional<Verifier> make_verifier(const json::object& row) {
  std::vector<Key> keys;
  for (const json::value& value : row.at("keys").as_array()) {
    const json::object& told = value.as_object();
    const std::string state = text(told.at("state"));
    if (state == "pending") return std::nullopt;
    Key key{.id = text(told.at("id")), .material = Secret::take(text(told.at("material")))};
    key.state = state == "active"     ? KeyState::Active
                : state == "retiring" ? KeyState::Retiring
                : state == "retired"  ? KeyState::Retired
                                      : KeyState::Compromised;
    if (const auto* retired = told.if_contains("retired_at")) key.retired_at = at(*retired);
    keys.push_back(std::move(key));
  }
  Verifier::Options options{.require_ed25519 = text(row.at("scheme")) == "standard_v1a"};
  const json::object& settings = row.at("settings").as_object();
  if (const auto* window = settings.if_contains("window"))
    options.tolerance = std::chrono::seconds(window->to_number<std::int64_t>());
  if (const auto* bound = settings.if_contains("max_body_bytes"))
    options.max_body_bytes = bound->to_number<std::size_t>();
  if (const auto* receiver = row.if_contains("receiver")) expect_of(options, receiver->as_object());
  auto verifier = Verifier::create(std::move(keys), options);
  if (!verifier) return std::nullopt;
  return std::move(*verifier);
}

// Compares what the verifier says of a row with what the row wants.
void run_row(const Verifier& verifier, const json::object& row) {
  std::vector<std::pair<std::string, std::string>> held;
  for (const json::value& header : row.at("headers").as_array())
    held.emplace_back(text(header.at(0)), text(header.at(1)));
  std::vector<Header> headers;
  for (const auto& [header, content] : held) headers.push_back({header, content});
  const auto outcome = verifier.verify(body_of(row), headers, at(row.at("now")));
  const json::object& expect = row.at("expect").as_object();
  if (expect.contains("refusal")) {
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(name(outcome.error().code), text(expect.at("refusal")));
    return;
  }
  ASSERT_TRUE(outcome.ok()) << name(outcome.error().code);
  EXPECT_EQ(outcome->id, text(expect.at("signed_id")));
  EXPECT_EQ(outcome->timestamp, at(expect.at("timestamp")));
  EXPECT_EQ(outcome->type, text(expect.at("event_type")));
  EXPECT_EQ(outcome->key_id, text(expect.at("key_id")));
  EXPECT_EQ(outcome->body, body_of(row));
}

TEST(SdkVectors, Verify) {
  std::size_t checked = 0;
  const json::object document = vectors();
  for (const json::value& value : document.at("verify").as_array()) {
    const json::object& row = value.as_object();
    if (!text(row.at("scheme")).starts_with("standard_")) continue;
    SCOPED_TRACE(text(row.at("name")));
    const auto verifier = make_verifier(row);
    // Rows without a key, with too many, or with a pending one have no verifier in an SDK.
    if (!verifier) continue;
    run_row(*verifier, row);
    ++checked;
  }
  EXPECT_GT(checked, 90U);
}

TEST(SdkVectors, Expectations) {
  std::set<std::string> told;
  const json::object document = vectors();
  for (const json::value& value : document.at("expectations").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text(row.at("name")));
    const auto verifier = make_verifier(row);
    ASSERT_TRUE(verifier.has_value());
    run_row(*verifier, row);
    if (const auto* code = row.at("expect").as_object().if_contains("refusal")) told.insert(text(*code));
  }
  for (const RefusalCode code : {RefusalCode::UnexpectedAudience, RefusalCode::EventTypeNotAllowed})
    EXPECT_TRUE(told.contains(std::string(name(code)))) << name(code);
}

TEST(SdkVectors, Sign) {
  const json::object document = vectors();
  for (const json::value& value : document.at("sign").as_array()) {
    const json::object& row = value.as_object();
    SCOPED_TRACE(text(row.at("name")));
    std::vector<Secret> keys;
    for (const json::value& key : row.at("keys").as_array()) keys.push_back(Secret::take(text(key)));
    const json::object& expect = row.at("expect").as_object();
    // The machine's clock counts nanoseconds and ends in 2262: such a time can't even be asked for.
    if (row.at("timestamp").to_number<std::int64_t>() > 9'000'000'000) continue;
    const auto signer = Signer::create(keys);
    if (!signer) {
      EXPECT_EQ(name(signer.error()), text(expect.at("error")));
      continue;
    }
    const auto headers =
        signer->sign(text(row.at("id")), decode(text(row.at("body"))), at(row.at("timestamp")));
    if (expect.contains("error")) {
      ASSERT_FALSE(headers.ok());
      EXPECT_EQ(name(headers.error()), text(expect.at("error")));
    } else {
      ASSERT_TRUE(headers.ok());
      EXPECT_EQ(headers->signature, text(expect.at("signature")));
    }
  }
}

}  // namespace
}  // namespace sealpost::sdk
