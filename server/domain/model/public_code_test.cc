#include "domain/model/public_code.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>

namespace sealpost {
namespace {

TEST(PublicCodeTest, EveryCodeIsFoundByItsName) {
  std::set<std::string_view> names;
  for (const PublicCodeInfo& info : all_public_codes()) {
    EXPECT_EQ(&public_code_info(info.code), &info) << info.name;
    EXPECT_EQ(find_public_code(info.name), info.code) << info.name;
    EXPECT_EQ(to_string(info.code), info.name);
    EXPECT_EQ(info.docs, "docs/errors.md#" + std::string(info.name));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_EQ(names.size(), kPublicCodeCount);
}

TEST(PublicCodeTest, OtherNamesAreNotFound) {
  for (const std::string_view name : {"", "a", "zzz", "bad_signatur", "bad_signature ", "Bad_Signature"}) {
    EXPECT_EQ(find_public_code(name), std::nullopt) << name;
  }
}

TEST(PublicCodeTest, TheProductsCategoriesOfRefusalExist) {
  constexpr std::array<std::string_view, 13> kPromised{
      "missing_signature",      "malformed_header",    "timestamp_expired", "timestamp_in_future",
      "bad_signature",          "unknown_key",         "retired_key",       "replayed",
      "event_type_not_allowed", "network_not_allowed", "grant_not_active",  "suspended",
      "quota_exceeded"};
  for (const std::string_view name : kPromised) EXPECT_TRUE(find_public_code(name).has_value()) << name;
}

// security.md: nothing that depends on state is revealed before a valid signature.
TEST(PublicCodeTest, NoCodeAboutStateIsForAnonymousCallers) {
  for (const PublicCodeInfo& info : all_public_codes()) {
    EXPECT_FALSE(info.category == CodeCategory::State && info.anonymous) << info.name;
  }
  EXPECT_FALSE(public_code_info(PublicCode::RetiredKey).anonymous);
  EXPECT_FALSE(public_code_info(PublicCode::Replayed).anonymous);
  EXPECT_TRUE(public_code_info(PublicCode::BadSignature).anonymous);
}

TEST(PublicCodeTest, CodesOfAttemptsHaveAClassAndNoStatus) {
  for (const PublicCodeInfo& info : all_public_codes()) {
    if (info.category != CodeCategory::Delivery) continue;
    EXPECT_EQ(info.status, 0) << info.name;
    EXPECT_NE(info.failure_class, FailureClass::None) << info.name;
  }
  EXPECT_EQ(to_string(public_code_info(PublicCode::ForbiddenAddress).failure_class), "policy");
  EXPECT_EQ(to_string(public_code_info(PublicCode::ReceiverError).failure_class), "receiver");
  EXPECT_EQ(to_string(public_code_info(PublicCode::ConnectFailed).failure_class), "network");
  EXPECT_EQ(to_string(public_code_info(PublicCode::SigningKeyMissing).failure_class), "signing");
  EXPECT_EQ(to_string(public_code_info(PublicCode::GrantNotActive).failure_class), "authorization");
  EXPECT_EQ(to_string(FailureClass::None), "");
}

TEST(PublicCodeTest, CodesThatMayPassLaterAreNotTheCallersMistake) {
  EXPECT_EQ(public_code_info(PublicCode::RateLimited).retry, CodeRetry::Later);
  EXPECT_EQ(public_code_info(PublicCode::Overloaded).status, 503);
  EXPECT_EQ(public_code_info(PublicCode::MalformedJson).retry, CodeRetry::Never);
}

}  // namespace
}  // namespace sealpost
