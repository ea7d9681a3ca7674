#include "sealpost/verify.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>

#include "sealpost/sign.h"

namespace sealpost::sdk {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecretText =
    "whsec_ZXhhbXBsZSBzZWNyZXQgb2YgMzIgb2N0ZXRzLi4uLi4=";  // not-a-secret: the published test vector
constexpr std::string_view kBody =
    R"({"type":"invoice.paid","organization":"org_1","environment":"live","endpoint":"end_1","data":{}})";
const TimePoint kNow{seconds(1'700'000'000)};

std::vector<Key> keys() {
  std::vector<Key> out;
  out.push_back({.id = "k1", .material = Secret::copy_of(kSecretText)});
  return out;
}

struct SignedRequest {
  explicit SignedRequest(std::string_view body_text = kBody, TimePoint when = kNow) : body(body_text) {
    std::vector<Secret> secrets;
    secrets.push_back(Secret::copy_of(kSecretText));
    parts = *Signer::create(secrets)->sign("msg_1", body, when);
    headers = {{"Webhook-Id", parts.id},
               {"Webhook-Timestamp", parts.timestamp},
               {"Webhook-Signature", parts.signature}};
  }
  std::string body;
  SignedHeaders parts;
  std::vector<Header> headers;
};

std::string answer(Verifier::Options options, std::string_view body = kBody) {
  const SignedRequest request(body);
  const auto verifier = Verifier::create(keys(), std::move(options));
  const auto outcome = verifier->verify(request.body, request.headers, kNow);
  return outcome ? "ok" : std::string(name(outcome.error().code));
}

TEST(Verifier, ExpectationsAreReadFromTheSignedBody) {
  EXPECT_EQ(answer({}), "ok");
  EXPECT_EQ(answer({.organization = "org_1", .environment = "live", .endpoint = "end_1"}), "ok");
  EXPECT_EQ(answer({.organization = "org_2"}), "unexpected_audience");
  EXPECT_EQ(answer({.environment = "test"}), "unexpected_audience");
  EXPECT_EQ(answer({.endpoint = "end_2"}), "unexpected_audience");
  EXPECT_EQ(answer({.endpoint = "end_1"}, R"({"type":"a"})"), "unexpected_audience");
  EXPECT_EQ(answer({.endpoint = "end_1"}, "not json"), "unexpected_audience");
  EXPECT_EQ(answer({.endpoint = "end_1"}, R"({"endpoint":"end_1","endpoint":"end_1"})"),
            "unexpected_audience");
  EXPECT_EQ(answer({.event_types = {"invoice.paid"}}), "ok");
  EXPECT_EQ(answer({.event_types = {"invoice.sent"}}), "event_type_not_allowed");
  EXPECT_EQ(answer({.event_types = {""}}, "not json"), "ok");
}

TEST(Verifier, SettingsAreRefusedNotRepaired) {
  const auto error = [](std::vector<Key> with, Verifier::Options options) {
    const auto verifier = Verifier::create(std::move(with), std::move(options));
    return verifier ? "ok" : std::string(name(verifier.error()));
  };
  EXPECT_EQ(error(keys(), {.tolerance = seconds(0)}), "bad_tolerance");
  EXPECT_EQ(error(keys(), {.tolerance = seconds(3601)}), "bad_tolerance");
  EXPECT_EQ(error(keys(), {.max_body_bytes = 0}), "bad_body_bound");
  EXPECT_EQ(error(keys(), {.max_body_bytes = 1U << 30U}), "bad_body_bound");
  EXPECT_EQ(error(keys(), {.require_ed25519 = true}), "no_ed25519_key");
  EXPECT_EQ(error({}, {}), "no_keys");
  std::vector<Key> bad;
  bad.push_back({.id = "k", .material = Secret::copy_of("whsec_short")});
  EXPECT_EQ(error(std::move(bad), {}), "bad_key");
  std::vector<Key> many;
  for (int i = 0; i < 6; ++i) many.push_back(std::move(keys().front()));
  EXPECT_EQ(error(std::move(many), {}), "too_many_keys");
}

TEST(VerifyOnce, CommitReleaseAndRetry) {
  const auto verifier = Verifier::create(keys());
  MemoryReplayStore store;
  const SignedRequest first;
  {
    const auto claimed = verifier->verify_once(first.body, first.headers, store, kNow);
    ASSERT_TRUE(claimed.ok());
    const auto beside = verifier->verify_once(first.body, first.headers, store, kNow);
    ASSERT_FALSE(beside.ok());
    EXPECT_EQ(beside.error().code, RefusalCode::Replayed);
    EXPECT_EQ(suggested_status(beside.error()), 409);
  }
  const SignedRequest retry(kBody, kNow + seconds(30));
  auto again = verifier->verify_once(retry.body, retry.headers, store, kNow + seconds(30));
  ASSERT_TRUE(again.ok()) << "the first was dropped without commit, so the retry is wanted";
  again->commit();
  const auto late = verifier->verify_once(retry.body, retry.headers, store, kNow + seconds(60));
  ASSERT_FALSE(late.ok());
  EXPECT_TRUE(late.error().already_processed);
  EXPECT_EQ(suggested_status(late.error()), 204);
}

TEST(VerifyOnce, WhatIsRefusedClaimsNothingAndAFullStoreFailsClosed) {
  const auto verifier = Verifier::create(keys());
  MemoryReplayStore store({.capacity = 0, .keep = std::chrono::hours(1)});
  const SignedRequest request;
  const auto bad = verifier->verify_once("other", request.headers, store, kNow);
  EXPECT_EQ(bad.error().code, RefusalCode::BadSignature);
  const auto full = verifier->verify_once(request.body, request.headers, store, kNow);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, RefusalCode::Overloaded);
  EXPECT_EQ(suggested_status(full.error()), 503);
}

TEST(Refusals, StatusesOfThoseWithoutAStore) {
  EXPECT_EQ(suggested_status({.code = RefusalCode::BodyTooLarge}), 413);
  EXPECT_EQ(suggested_status({.code = RefusalCode::UnsupportedEncoding}), 415);
  EXPECT_EQ(suggested_status({.code = RefusalCode::MalformedHeader}), 400);
  EXPECT_EQ(suggested_status({.code = RefusalCode::BadSignature}), 401);
  EXPECT_EQ(suggested_status({.code = RefusalCode::UnexpectedAudience}), 403);
}

TEST(SecretType, IsMaskedWipedAndNeverCopied) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  std::string text = "whsec_something that must not stay";
  const std::size_t size = text.size();
  Secret secret = Secret::take(std::move(text));
  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move): take() promises it
  EXPECT_EQ(secret.size(), size);
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "[secret]");
  const Secret moved = std::move(secret);
  EXPECT_EQ(moved.size(), size);
  EXPECT_EQ(secret.size(), 0U);  // NOLINT(bugprone-use-after-move)
}

}  // namespace
}  // namespace sealpost::sdk
