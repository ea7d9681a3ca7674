#include "app/cli/operator_client.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

TEST(OperatorClient, RefusesWhatWouldSplitARequest) {
  for (const OperatorRequest& bad :
       {OperatorRequest{"GET\r\nX: y", "/", "", {}}, OperatorRequest{"GET", "/ HTTP/1.1\r\nX: y", "", {}},
        OperatorRequest{"GET", "/", "", {"A: b\r\nC: d"}}, OperatorRequest{"", "/", "", {}}}) {
    const auto answer = ask_gateway("/nonexistent.sock", bad);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), OperatorClientError::BadRequest);
  }
}

TEST(OperatorClient, SaysWhenNobodyListens) {
  EXPECT_EQ(ask_gateway("/nonexistent.sock", {"GET", "/", "", {}}).error(), OperatorClientError::Unreachable);
  EXPECT_EQ(ask_gateway(std::string(200, 'x'), {"GET", "/", "", {}}).error(),
            OperatorClientError::Unreachable);
}

}  // namespace
}  // namespace sealpost
