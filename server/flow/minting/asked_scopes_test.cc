#include <gtest/gtest.h>

#include "flow/minting/internal/asked_scopes.h"

namespace sealpost {
namespace {

class AskedScopesTest : public ::testing::Test {
 protected:
  PublicIdCodec ids_{*Aes256Block::create(SecretBytes::take(Bytes(32, 7))), {{1, 0}}};
  std::string channel_ = ids_.encode(EntityKind::Channel, 5);
  std::string endpoint_ = ids_.encode(EntityKind::Endpoint, 6);
};

TEST_F(AskedScopesTest, OneScopeGathersItsResources) {
  const auto asked =
      read_asked_scopes("messages:write=" + channel_ + " audit:read messages:write=" + endpoint_, ids_);
  ASSERT_TRUE(asked.ok());
  ASSERT_EQ(asked->scopes.size(), 2U);
  EXPECT_EQ(asked->scopes[0].scope, Scope::MessagesWrite);
  EXPECT_EQ(asked->scopes[0].resources, (std::vector<Position>{5, 6}));
  EXPECT_EQ(asked->scopes[1].scope, Scope::AuditRead);
  EXPECT_TRUE(asked->scopes[1].resources.empty());
  EXPECT_TRUE(read_asked_scopes("", ids_)->scopes.empty());
}

TEST_F(AskedScopesTest, SaysWhatIsWrong) {
  const struct {
    std::string text;
    std::string_view told;
  } rows[] = {
      {"audit:read  audit:export", "Scopes stand apart by one space."},
      {" audit:read", "Scopes stand apart by one space."},
      {"audit:read ", "Scopes stand apart by one space."},
      {" ", "Scopes stand apart by one space."},
      {"audit:*", "There is no such scope."},
      {"=" + channel_, "There is no such scope."},
      {"audit:read audit:read", "A scope is asked for twice."},
      {"channels:read=" + channel_ + " channels:read", "A scope is asked for twice."},
      {"channels:read channels:read=" + channel_, "A scope is asked for twice."},
      {"channels:read=" + channel_ + " channels:read=" + channel_, "A scope is asked for twice."},
      {"channels:read=", "A scope can't be narrowed to that."},
      {"channels:read=" + endpoint_, "A scope can't be narrowed to that."},
      {"deliveries:read=" + channel_, "A scope can't be narrowed to that."},
      {"audit:read=" + channel_, "A scope can't be narrowed to that."},
      {std::string(kMaxScopeText + 1, 'a'), "Too long."},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto asked = read_asked_scopes(row.text, ids_);
    ASSERT_FALSE(asked.ok());
    EXPECT_EQ(asked.error(), row.told);
  }
}

}  // namespace
}  // namespace sealpost
