#include "exchange.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "testing/test_gateway.h"

namespace sealpost::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string value_of(const std::string& line) { return line.substr(line.find(':') + 2); }

std::string problem_body(const std::string& code) { return R"({"code":")" + code + R"(","title":"t"})"; }

// What the contract says about a code is what the client says.
TEST(ReadError, AgreesWithTheContract) {
  std::ifstream file(SEALPOST_ERRORS);
  std::map<std::string, std::string> entry;
  int compared = 0;
  const auto compare = [&] {
    if (entry["sdk"].find("client") == std::string::npos) return;
    const Error error = read_error(std::stoi(entry["status"]), "req_9", problem_body(entry["code"]));
    EXPECT_EQ(error.code, entry["code"]);
    EXPECT_EQ(name(error.category), entry["category"]) << entry["code"];
    EXPECT_EQ(error.retryable, entry["retry"] == "later") << entry["code"];
    ++compared;
  };
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("- code: ")) {
      compare();
      entry = {{"code", value_of(line)}};
    } else if (line.starts_with("  ") && line.find(": ") != std::string::npos) {
      entry[line.substr(2, line.find(':') - 2)] = value_of(line);
    }
  }
  compare();
  EXPECT_GT(compared, 50);
}

TEST(ReadError, UnknownCodesGoByStatus) {
  const std::vector<std::tuple<int, ErrorCategory, bool>> rows{
      {400, ErrorCategory::Request, false}, {401, ErrorCategory::Auth, false},
      {403, ErrorCategory::Auth, false},    {404, ErrorCategory::Request, false},
      {408, ErrorCategory::Limit, true},    {409, ErrorCategory::State, false},
      {413, ErrorCategory::Limit, false},   {429, ErrorCategory::Limit, true},
      {500, ErrorCategory::Server, true},   {501, ErrorCategory::Server, false},
      {503, ErrorCategory::Server, true},   {508, ErrorCategory::Server, false}};
  for (const auto& [status, category, retryable] : rows) {
    const Error error = read_error(status, "req_9", problem_body("brand_new"));
    EXPECT_EQ(error.category, category) << status;
    EXPECT_EQ(error.retryable, retryable) << status;
    EXPECT_EQ(error.request_id, "req_9");
  }
}

TEST(ReadError, WhatIsNoProblemIsNoGateways) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"code":7})", R"({"code":"Not A Code"})",
                           R"({"code":"a","code":"b"})"}) {
    const Error error = read_error(403, "", body);
    EXPECT_EQ(error.category, ErrorCategory::Protocol) << body;
    EXPECT_EQ(error.code, "unreachable") << body;
    EXPECT_FALSE(error.retryable);
  }
}

TEST(ReadError, TellsScopesAndFieldsOnOneTamedLine) {
  const Error error = read_error(
      403, "",
      R"({"code":"insufficient_scope","title":"a\nb","detail":"d","required_scopes":["messages:write",1],)"
      R"("errors":[{"pointer":"/data","detail":"x"},"y"],"request_id":"req_2"})");
  EXPECT_EQ(error.title, "a b");
  EXPECT_EQ(error.required_scopes, std::vector<std::string>{"messages:write"});
  ASSERT_EQ(error.fields.size(), 1U);
  EXPECT_EQ(error.fields[0].pointer, "/data");
  EXPECT_EQ(to_string(error), "auth: insufficient_scope (403): a b: d [req_2]");
  EXPECT_EQ(read_error(400, "", problem_body("unknown_field") + "").title, "t");
  const Error long_text =
      read_error(400, "", R"({"code":"unknown_field","detail":")" + std::string(9000, 'x') + "\"}");
  EXPECT_EQ(long_text.detail.size(), 500U);
}

TEST(RetryAfter, SecondsAndDates) {
  const auto now = FakePace().wall_now();
  const auto read = [&](std::string_view text) { return read_retry_after(text, now); };
  EXPECT_EQ(read("0"), seconds(0));
  EXPECT_EQ(read("120"), seconds(120));
  EXPECT_EQ(read("999999999999"), seconds(315'360'000));
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:50:37 GMT"), seconds(60));
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:36 GMT"), seconds(0));
  EXPECT_GT(*read("Fri, 31 Dec 9999 23:59:59 GMT"), seconds(315'360'000));
  for (const char* bad :
       {"", "-1", "+1", "1.5", "soon", "Sun, 31 Feb 1994 08:50:37 GMT", "Sun, 06 Nov 1994 24:50:37 GMT",
        "Sun, 06 Nox 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:50:37 CET"})
    EXPECT_FALSE(read(bad)) << bad;
}

TEST(Backoff, DoublesUpToTheLongestWaitWithFullJitter) {
  const RetryRules rules{.first_backoff = milliseconds(500), .longest_wait = milliseconds(3'000)};
  EXPECT_EQ(backoff(rules, 0, 0.0), milliseconds(0));
  EXPECT_EQ(backoff(rules, 0, 0.5), milliseconds(250));
  EXPECT_EQ(backoff(rules, 1, 0.5), milliseconds(500));
  EXPECT_EQ(backoff(rules, 2, 0.999), milliseconds(1998));
  EXPECT_EQ(backoff(rules, 30, 0.5), milliseconds(1500));
}

}  // namespace
}  // namespace sealpost::sdk
