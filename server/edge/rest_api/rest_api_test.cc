#include "edge/rest_api/rest_api.h"

#include <gtest/gtest.h>

#include <set>

#include "edge/rest_api/testing/api_fixture.h"

namespace sealpost {
namespace {

using boost::json::object;

class RestApiTest : public ApiFixture {};

TEST_F(RestApiTest, MakesReadsAndChangesUnderETags) {
  const ApiAnswer made = as_operator("POST", "/v1/organizations", object{{"name", "Example"}});
  ASSERT_EQ(made.http.status, 201);
  const std::string path = "/v1/organizations/" + made.text("/id");
  EXPECT_EQ(made.header("Location"), path);
  EXPECT_EQ(made.header("ETag"), "\"1\"");

  EXPECT_EQ(as_operator("PATCH", path, object{{"name", "New"}}).code(), "precondition_required");
  for (const char* stale : {"\"7\"", "W/\"1\"", "*", "1", "\"\"", "\"01\"", "\"0\"", "\"1\", \"2\""})
    EXPECT_EQ(as_operator("PATCH", path, object{{"name", "New"}}, {{"If-Match", stale}}).code(),
              "precondition_failed")
        << stale;
  const ApiAnswer changed = as_operator("PATCH", path, object{{"name", "New"}}, {{"If-Match", "\"1\""}});
  ASSERT_EQ(changed.http.status, 200);
  EXPECT_EQ(changed.header("ETag"), "\"2\"");
  EXPECT_EQ(as_operator("GET", path).text("/name"), "New");
  EXPECT_EQ(as_operator("PATCH", path, object{}, {{"If-Match", "\"2\""}}).code(), "validation_failed");
}

TEST_F(RestApiTest, TellsEveryProblemOfABodyWithItsPlace) {
  const ApiAnswer wrong =
      as_operator("POST", "/v1/integrations", object{{"environment", "prod"}, {"name", ""}});
  EXPECT_EQ(wrong.code(), "validation_failed");
  EXPECT_EQ(wrong.http.status, 422);
  EXPECT_EQ(wrong.header("Content-Type"), "application/problem+json");
  std::set<std::string> places;
  for (const auto& error : wrong.at("/errors").as_array())
    places.insert(std::string(error.at("pointer").as_string()));
  EXPECT_EQ(places, (std::set<std::string>{"/workspace_id", "/environment", "/name", "/source_system"}));
  EXPECT_EQ(wrong.text("/type"), "/docs/errors.md#validation_failed");
  EXPECT_EQ(wrong.at("/status").as_int64(), 422);
  EXPECT_EQ(wrong.text("/request_id"), wrong.header("Request-Id"));

  const ApiAnswer unknown =
      as_operator("POST", "/v1/organizations", object{{"name", "Example"}, {"nmae", "x"}});
  EXPECT_EQ(unknown.code(), "unknown_field");
  EXPECT_EQ(unknown.text("/errors/0/pointer"), "/nmae");
  EXPECT_EQ(unknown.text("/errors/0/nearest"), "name");

  const ApiAnswer parameter = as_operator("GET", "/v1/organizations?limt=3");
  EXPECT_EQ(parameter.code(), "unknown_field");
  EXPECT_EQ(parameter.text("/errors/0/pointer"), "?limt");
  EXPECT_EQ(parameter.text("/errors/0/nearest"), "limit");
  EXPECT_EQ(as_operator("GET", "/v1/organizations?limit=1&limit=2").code(), "validation_failed");
}

TEST_F(RestApiTest, RefusesWhatIsNoRequestForAnOperation) {
  struct Row {
    std::string_view title;
    Call call;
    std::string_view code;
  };
  const auto post = [&](std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return Call{.method = "POST",
                .target = "/v1/organizations",
                .body = std::move(body),
                .headers = std::move(headers),
                .token = {},
                .socket_uid = kTestOperatorUid};
  };
  const auto get = [&](std::string target) {
    return Call{.method = "GET",
                .target = std::move(target),
                .body = {},
                .headers = {},
                .token = {},
                .socket_uid = kTestOperatorUid};
  };
  for (const Row& row : std::vector<Row>{
           {"no JSON", post("{"), "malformed_json"},
           {"a name twice", post(R"({"name":"a","name":"b"})"), "duplicate_member"},
           {"too deep", post(std::string(70, '[') + std::string(70, ']')), "json_too_deep"},
           {"no object", post("[]"), "validation_failed"},
           {"no type", post(R"({"name":"a"})", {{"Content-Type", "text/plain"}}), "unsupported_media_type"},
           {"other charset", post(R"({"name":"a"})", {{"Content-Type", "application/json; charset=latin1"}}),
            "unsupported_media_type"},
           {"coded", post("x", {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}),
            "unsupported_encoding"},
           {"bad key", post(R"({"name":"a"})", {{"Idempotency-Key", "with space"}}),
            "invalid_idempotency_key"},
           {"key too long", post(R"({"name":"a"})", {{"Idempotency-Key", std::string(129, 'k')}}),
            "invalid_idempotency_key"},
           {"two keys", post(R"({"name":"a"})", {{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}),
            "invalid_idempotency_key"},
           {"unknown path", get("/v1/nothing"), "not_found"},
           {"an id of another kind", get("/v1/sources/" + ids_->encode(IntegrationId{5})), "not_found"},
           {"an invented id", get("/v1/sources/src_" + std::string(36, 'a')), "not_found"},
           {"an id that nothing has", get("/v1/sources/" + ids_->encode(SourceId{5})), "not_found"},
           {"a limit of nothing", get("/v1/sources?limit=0"), "validation_failed"},
           {"a limit over all", get("/v1/sources?limit=201"), "validation_failed"},
           {"an invented cursor", get("/v1/sources?cursor=abc"), "invalid_cursor"},
           {"a token by name", get("/v1/sources?access_token=x"), "token_in_query"},
           {"a token by form", get("/v1/sources?q=spt_live_abc"), "token_in_query"},
       }) {
    SCOPED_TRACE(row.title);
    EXPECT_EQ(ask(row.call).code(), row.code);
  }
  const ApiAnswer method = as_operator("PUT", "/v1/organizations");
  EXPECT_EQ(method.code(), "method_not_allowed");
  EXPECT_EQ(method.header("Allow"), "GET, POST");
}

TEST_F(RestApiTest, RepeatsAnswersUnderTheSameKey) {
  const auto make = [&](std::string_view name, std::string key) {
    return as_operator("POST", "/v1/organizations", object{{"name", name}},
                       {{"Idempotency-Key", std::move(key)}});
  };
  const ApiAnswer first = make("Example", "k1");
  const ApiAnswer again = make("Example", "k1");
  EXPECT_EQ(again.http.status, 201);
  EXPECT_EQ(again.text("/id"), first.text("/id"));
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_TRUE(first.header("Idempotency-Replayed").empty());
  EXPECT_EQ(make("Another", "k1").code(), "idempotency_mismatch");
  EXPECT_NE(make("Example", "k2").text("/id"), first.text("/id"));
}

TEST_F(RestApiTest, ShowsASecretOnce) {
  const Party party = make_party();
  const object body{{"integration_id", ids_->encode(party.integration)}, {"name", "ci"}};
  const auto make = [&] {
    return as_operator("POST", "/v1/credentials", body, {{"Idempotency-Key", "once"}});
  };
  const ApiAnswer first = make();
  ASSERT_EQ(first.http.status, 201);
  EXPECT_TRUE(first.text("/client_secret").starts_with("sps_test_"));
  const ApiAnswer again = make();
  EXPECT_FALSE(again.body.as_object().contains("client_secret"));
  EXPECT_EQ(again.text("/notice"), "secret_already_shown");
  EXPECT_EQ(again.text("/credential/id"), first.text("/credential/id"));
  const ApiAnswer read = as_operator("GET", "/v1/credentials/" + first.text("/credential/id"));
  EXPECT_EQ(read.http.body.find(first.text("/client_secret")), std::string::npos);
}

TEST_F(RestApiTest, GivesListsInPages) {
  std::set<std::string> made;
  for (int i = 0; i < 5; ++i)
    made.insert(ids_->encode(make_organization("Organization " + std::to_string(i))));
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const ApiAnswer page =
        as_operator("GET", "/v1/organizations?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.http.status, 200);
    ++pages;
    for (const auto& item : page.at("/items").as_array()) seen.insert(std::string(item.at("id").as_string()));
    cursor = page.at("/next_cursor").is_null() ? "" : page.text("/next_cursor");
    if (!cursor.empty()) {
      EXPECT_EQ(as_operator("GET", "/v1/workspaces?cursor=" + cursor).code(), "invalid_cursor");
    }
  } while (!cursor.empty());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(pages, 3);
}

TEST_F(RestApiTest, AnswersWhenThePoolIsFullOrStopped) {
  pool_.stop();
  const ApiAnswer busy = as_operator("GET", "/v1/organizations");
  EXPECT_EQ(busy.code(), "overloaded");
  EXPECT_EQ(busy.http.status, 503);
  EXPECT_EQ(busy.header("Retry-After"), "1");
}

TEST_F(RestApiTest, MakesOperatorTokensOnTheSocketOnly) {
  const ApiAnswer made = as_operator("POST", "/v1/operator/tokens", object{});
  ASSERT_EQ(made.http.status, 201);
  EXPECT_EQ(made.text("/actor"), "operator:1000");
  const std::string token = made.text("/access_token");
  EXPECT_EQ(as_machine(token, "GET", "/v1/organizations").http.status, 200);
  EXPECT_EQ(as_machine(token, "POST", "/v1/operator/tokens", object{}).code(), "operator_only");
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(as_machine(token, "GET", "/v1/organizations").code(), "expired_token");
}

TEST_F(RestApiTest, TakesNoBodyForAnEmptyOneWhereNothingMustBeSaid) {
  const IntegrationId integration = make_integration();
  const GrantId grant = request_scopes(integration, {{"messages:write", {}}});
  const auto post = [&](const std::string& target,
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    return as_operator("POST", target, nullptr, std::move(headers));
  };
  EXPECT_EQ(post("/v1/grants/" + ids_->encode(grant) + ":approve").http.status, 200);
  const SigningKeyId key{add_key(make_source(integration))->resource.position};
  EXPECT_EQ(post("/v1/keys/" + ids_->encode(key) + ":retire").http.status, 200);
  EXPECT_EQ(post("/v1/operator/tokens").http.status, 201);
  // What there is of a body is still judged, and a reason must still be given.
  EXPECT_EQ(as_operator("POST", "/v1/operator/tokens", object{{"lifetime_second", 60}}).code(),
            "unknown_field");
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/v1/operator/tokens",
                 .body = "{}",
                 .headers = {{"Content-Type", "text/plain"}},
                 .socket_uid = kTestOperatorUid})
                .code(),
            "unsupported_media_type");
  EXPECT_EQ(post("/v1/integrations/" + ids_->encode(integration) + ":revoke").code(),
            "unsupported_media_type");
}

TEST_F(RestApiTest, AsksOperatorsWhoseLogTheyMean) {
  make_organization();
  for (const std::string target :
       {"/v1/audit/key", "/v1/audit/checkpoint", "/v1/audit/entries/0", "/v1/audit/entries/0/proof-file",
        "/v1/audit/proofs/inclusion?index=0", "/v1/audit/proofs/consistency?old_size=0"}) {
    SCOPED_TRACE(target);
    const ApiAnswer answer = as_operator("GET", target);
    if (answer.code() == "operator_not_allowed") continue;
    EXPECT_EQ(answer.code(), "validation_failed");
    EXPECT_EQ(answer.text("/errors/0/pointer"), "?organization_id");
  }
  // A token implies its own.
  EXPECT_EQ(as_machine(token_of(make_party(), all_scopes()), "GET", "/v1/audit/key").http.status, 200);
}

TEST_F(RestApiTest, TellsItsHealth) {
  EXPECT_EQ(ask({.method = "GET", .target = "/healthz"}).http.status, 200);
  EXPECT_EQ(ask({.method = "GET", .target = "/readyz"}).text("/status"), "ready");
  ready_ = false;
  const ApiAnswer answer = ask({.method = "GET", .target = "/readyz"});
  EXPECT_EQ(answer.http.status, 503);
  EXPECT_EQ(answer.text("/checks/0/name"), "store");
}

TEST_F(RestApiTest, TakesNoBodyFromWhomItWouldRefuse) {
  const Party party = make_party();
  const std::string token = token_of(party, all_scopes());
  const std::string late = token_of(party, all_scopes());
  struct Row {
    std::string_view title;
    std::string_view target;
    std::string authorization;
    std::optional<std::uint32_t> uid;
    std::string_view code;  // empty: the body is taken
  };
  const auto judge = [&](const Row& row) {
    HttpRequest head =
        request_of({.method = "POST", .target = std::string(row.target), .socket_uid = row.uid});
    if (!row.authorization.empty()) head.headers.add("Authorization", row.authorization);
    const auto refusal = api_->refuse_body(head);
    const auto captured = CapturedResponse::create();
    api_->handle(std::move(head), captured->responder());
    const HttpResponse whole = captured->wait();
    if (!refusal) return std::string();
    // The ordinary answer and no more: but for the ids of the request and its record it is the same to the
    // byte.
    auto early = boost::json::parse(refusal->body).as_object();
    auto later = boost::json::parse(whole.body).as_object();
    EXPECT_EQ(early.at("request_id").as_string(), refusal->headers.sole("Request-Id"));
    for (const char* id : {"request_id", "refusal_id"}) {
      EXPECT_EQ(early.contains(id), later.contains(id)) << row.title;
      early.erase(id);
      later.erase(id);
    }
    EXPECT_EQ(early, later) << row.title;
    EXPECT_EQ(refusal->status, whole.status) << row.title;
    EXPECT_EQ(refusal->headers.sole("WWW-Authenticate"), whole.headers.sole("WWW-Authenticate")) << row.title;
    return std::string(early.at("code").as_string());
  };
  const std::string_view batch = "/v1/messages:batch";
  for (const Row& row : std::vector<Row>{
           {"no token", batch, "", {}, "missing_token"},
           {"another scheme", batch, "Basic YTpi", {}, "missing_token"},
           {"no token of ours", batch, "Bearer abc", {}, "invalid_token"},
           {"an invented token", batch, "Bearer spt_test_" + std::string(200, 'a'), {}, "invalid_token"},
           {"an invented operator token", batch, "Bearer spo_" + std::string(200, 'a'), {}, "invalid_token"},
           {"a good token", batch, "Bearer " + token, {}, ""},
           {"the operator's socket", "/v1/organizations", "", kTestOperatorUid, ""},
           {"somebody else on the socket", "/v1/organizations", "", kTestOperatorUid + 1, "missing_token"},
           {"a webhook", "/v1/in/src_x", "", {}, ""},
           {"the token endpoint", "/v1/oauth/token", "", {}, ""},
           {"an unknown path", "/v1/nothing", "", {}, ""},
           {"a token in the query", "/v1/messages?access_token=x", "", {}, "token_in_query"},
       }) {
    SCOPED_TRACE(row.title);
    EXPECT_EQ(judge(row), row.code);
  }
  clock_.advance(kAccessTokenLifetime + Seconds(1));
  EXPECT_EQ(judge({"an expired token", batch, "Bearer " + late, {}, {}}), "expired_token");
}

TEST_F(RestApiTest, TellsWhatTheServerRefusedInTheSameForm) {
  for (std::size_t i = 0; i < kProtocolErrorKinds; ++i) {
    const HttpResponse response = api_->protocol_error(static_cast<ProtocolErrorKind>(i), "req_short");
    const auto body = boost::json::parse(response.body);
    EXPECT_EQ(body.at("status").as_int64(), response.status);
    EXPECT_TRUE(public_code_info(*find_public_code(body.at("code").as_string())).anonymous);
    EXPECT_EQ(body.at("request_id").as_string(), response.headers.sole("Request-Id"));
  }
  EXPECT_EQ(api_->body_limit("POST", "/v1/messages"), 256U * 1024U);
  EXPECT_EQ(api_->body_limit("POST", "/v1/in/src_x"), WebhookInlet::kUnknownSourceBytes);
}

}  // namespace
}  // namespace sealpost
