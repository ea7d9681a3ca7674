#include "app/cli/operator_client.h"

#include <gtest/gtest.h>

#include "app/cli/internal/operator_answer.h"

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

TEST(OperatorAnswer, IsReadWhole) {
  const auto answer = parse_answer("GET", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\n{}");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(parse_answer("DELETE", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n")->status, 204);
  EXPECT_EQ(parse_answer("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")->body, "");
}

TEST(OperatorAnswer, WhatIsCutOffOrUnclearIsBroken) {
  for (const std::string_view raw :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}x", "HTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    SCOPED_TRACE(raw);
    const auto answer = parse_answer("GET", raw);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error(), OperatorClientError::Broken);
  }
}

}  // namespace
}  // namespace sealpost
