#include "edge/answers/problem.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sealpost {
namespace {

boost::json::value body_of(const Problem& problem) { return problem_body(problem, "req_x"); }

TEST(Problem, SaysWhatTheContractSaysOfEveryCode) {
  for (const PublicCodeInfo& info : all_public_codes()) {
    if (info.status < 400) continue;
    SCOPED_TRACE(info.name);
    const HttpResponse response = problem_response(info.code, "req_x");
    EXPECT_EQ(response.status, info.status);
    EXPECT_EQ(response.headers.sole("Content-Type"), "application/problem+json");
    const auto body = boost::json::parse(response.body);
    EXPECT_EQ(body.at("code").as_string(), info.name);
    EXPECT_EQ(body.at("type").as_string(), "/" + std::string(info.docs));
    EXPECT_EQ(body.at("status").as_int64(), info.status);
    EXPECT_EQ(body.at("detail").as_string(), info.meaning);
    // RFC 9110 sections 11.6.1 and 10.2.3
    EXPECT_EQ(response.headers.find("WWW-Authenticate").count,
              info.status == 401 || info.code == PublicCode::InsufficientScope ? 1U : 0U);
    const bool promised = info.action.find("Retry-After") != std::string_view::npos;
    EXPECT_EQ(response.headers.find("Retry-After").count,
              promised || info.status == 429 || info.status == 503 ? 1U : 0U);
  }
}

TEST(Problem, CarriesWhatItsModuleKnows) {
  const AuthorizationRefusal scope{PublicCode::InsufficientScope, Scope::AuditRead, "for_the_log_alone"};
  const auto refused = body_of(Problem(scope));
  EXPECT_EQ(refused.at("required_scopes").as_array().at(0).as_string(), "audit:read");
  EXPECT_EQ(boost::json::serialize(refused).find("for_the_log_alone"), std::string::npos);
  EXPECT_NE(
      problem_response(Problem(scope), "r").headers.sole("WWW-Authenticate").find("scope=\"audit:read\""),
      std::string_view::npos);

  OperationRefusal operation{PublicCode::LifecycleNotReady, "", {}, {{"owner_missing", "No owner.", ""}}};
  EXPECT_EQ(body_of(Problem(operation)).at("reasons").at(0).at("reason").as_string(), "owner_missing");
  operation = {PublicCode::ValidationFailed, "Too long.", {"/name"}, {}};
  EXPECT_EQ(body_of(Problem(operation)).at("errors").at(0).at("detail").as_string(), "Too long.");

  FieldErrors fields{{.pointer = "/a", .message = "Bad."}};
  EXPECT_EQ(Problem(fields).code, PublicCode::ValidationFailed);
  fields.push_back({.pointer = "/nmae", .message = "No such field.", .nearest = "name", .unknown = true});
  EXPECT_EQ(Problem(fields).code, PublicCode::UnknownField);
  EXPECT_EQ(body_of(Problem(fields)).at("errors").at(1).at("nearest").as_string(), "name");
  EXPECT_EQ(Problem(JsonError{JsonProblem::TooDeep, 9}).code, PublicCode::JsonTooDeep);
}

// The sentence of errors.yaml says "after Retry-After": then there has to be one.
TEST(Problem, WhatPassesByItselfSaysWhen) {
  const auto retry_after = [](PublicCode code) {
    return std::string(problem_response(Problem(code), "r").headers.sole("Retry-After"));
  };
  EXPECT_EQ(retry_after(PublicCode::NotYetIntegrated), "1");
  EXPECT_EQ(retry_after(PublicCode::IdempotencyInProgress), "1");
  EXPECT_EQ(retry_after(PublicCode::Overloaded), "1");
  EXPECT_EQ(retry_after(PublicCode::StoreUnavailable), "5");
  EXPECT_EQ(retry_after(PublicCode::RateLimited), "5");
  EXPECT_EQ(retry_after(PublicCode::Conflict), "");
}

TEST(Problem, SpeaksOAuthAtTheTokenEndpoint) {
  Problem problem(PublicCode::InvalidClient);
  problem.oauth = true;
  problem.auth_scheme = AuthScheme::Basic;
  EXPECT_EQ(body_of(problem).at("error").as_string(), "invalid_client");
  EXPECT_TRUE(problem_response(problem, "r").headers.sole("WWW-Authenticate").starts_with("Basic"));
  problem.code = PublicCode::Overloaded;
  EXPECT_EQ(body_of(problem).at("error").as_string(), "temporarily_unavailable");
}

TEST(Problem, TellsNothingAnonymousCallersMayNotHear) {
  for (std::size_t i = 0; i < kProtocolErrorKinds; ++i)
    EXPECT_TRUE(public_code_info(public_code_of(static_cast<ProtocolErrorKind>(i))).anonymous) << i;
}

}  // namespace
}  // namespace sealpost
