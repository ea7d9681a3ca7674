#include <gtest/gtest.h>

#include "edge/rest_api/testing/api_fixture.h"

namespace sealpost {
namespace {

using boost::json::array;
using boost::json::object;

class MessagesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    party_ = make_party();
    token_ = token_of(party_, all_scopes());
  }
  ApiAnswer post(const boost::json::value& body, std::string key = {}) {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!key.empty()) headers.emplace_back("Idempotency-Key", std::move(key));
    return as_machine(token_, "POST", "/v1/messages", body, std::move(headers));
  }
  Party party_;
  std::string token_;
};

TEST_F(MessagesTest, AcceptsAndTellsWhatBecame) {
  const ApiAnswer accepted = post(object{{"type", "build.done"}, {"data", {{"n", 1}}}});
  ASSERT_EQ(accepted.http.status, 202) << accepted.http.body;
  EXPECT_FALSE(accepted.at("/duplicate").as_bool());
  EXPECT_EQ(accepted.at("/deliveries").as_int64(), 0);
  EXPECT_TRUE(accepted.text("/audit/log_origin").size() > 10);
  const ApiAnswer receipt = as_machine(token_, "GET", accepted.text("/receipt"));
  ASSERT_EQ(receipt.http.status, 200) << receipt.http.body;
  EXPECT_EQ(receipt.text("/id"), accepted.text("/message_id"));
  EXPECT_EQ(receipt.text("/type"), "build.done");
}

TEST_F(MessagesTest, IsRepeatableUnderAKey) {
  const object body{{"type", "build.done"}, {"data", nullptr}};
  const ApiAnswer first = post(body, "k");
  const ApiAnswer again = post(body, "k");
  ASSERT_EQ(first.http.status, 202) << first.http.body;
  EXPECT_EQ(again.http.status, 200);
  EXPECT_TRUE(again.at("/duplicate").as_bool());
  EXPECT_EQ(again.text("/message_id"), first.text("/message_id"));
  EXPECT_EQ(post(object{{"type", "build.done"}, {"data", 2}}, "k").code(), "idempotency_mismatch");
}

TEST_F(MessagesTest, RefusesWhatIsNoMessage) {
  EXPECT_EQ(post(object{{"type", "build.done"}}).text("/errors/0/pointer"), "/data");
  EXPECT_EQ(post(object{{"type", "-begins wrongly"}, {"data", 1}}).text("/errors/0/pointer"), "/type");
  EXPECT_EQ(post(object{{"type", "a"}, {"data", 1}, {"extra", 1}}).code(), "unknown_field");
}

TEST_F(MessagesTest, GivesEachElementOfABatchItsOwnResult) {
  const object body{{"messages", array{object{{"type", "a"}, {"data", {{"x", "}]"}}}},
                                       object{{"type", "-begins wrongly"}, {"data", 1}}, 7,
                                       object{{"type", "b"}, {"data", 2}, {"idempotency_key", "own"}}}}};
  const auto send = [&] {
    return as_machine(token_, "POST", "/v1/messages:batch", body, {{"Idempotency-Key", "all"}});
  };
  const ApiAnswer first = send();
  ASSERT_EQ(first.http.status, 200) << first.http.body;
  EXPECT_EQ(first.at("/results/0/status").as_int64(), 202);
  EXPECT_EQ(first.at("/results/1/status").as_int64(), 422);
  EXPECT_EQ(first.text("/results/1/problem/errors/0/pointer"), "/messages/1/type");
  EXPECT_EQ(first.text("/results/2/problem/errors/0/pointer"), "/messages/2");
  EXPECT_EQ(first.at("/results/3/status").as_int64(), 202);
  const ApiAnswer again = send();
  for (const char* place : {"/results/0", "/results/3"}) {
    EXPECT_EQ(again.at(std::string(place) + "/status").as_int64(), 200);
    EXPECT_EQ(again.text(std::string(place) + "/accepted/message_id"),
              first.text(std::string(place) + "/accepted/message_id"));
  }
  array many(101, object{{"type", "a"}, {"data", 1}});
  EXPECT_EQ(as_machine(token_, "POST", "/v1/messages:batch", object{{"messages", many}}).code(),
            "too_many_items");
  EXPECT_EQ(as_machine(token_, "POST", "/v1/messages:batch", object{{"messages", array{}}}).code(),
            "validation_failed");
}

TEST_F(MessagesTest, ProvesWhatItAccepted) {
  const ApiAnswer accepted = post(object{{"type", "build.done"}, {"data", 1}});
  const std::string index = std::to_string(accepted.at("/audit/index").as_int64());
  const ApiAnswer proof = as_machine(token_, "GET", "/v1/audit/proofs/inclusion?index=" + index);
  ASSERT_EQ(proof.http.status, 200) << proof.http.body;
  EXPECT_EQ(proof.text("/log_origin"), accepted.text("/audit/log_origin"));
  const ApiAnswer entry = as_machine(token_, "GET", "/v1/audit/entries/" + index);
  ASSERT_EQ(entry.http.status, 200) << entry.http.body;
  EXPECT_EQ(entry.text("/kind"), "message.accepted");
  EXPECT_FALSE(entry.at("/groups/0/salt").is_null());
  EXPECT_EQ(as_machine(token_, "GET", "/v1/audit/entries/" + index + "/proof-file").http.status, 200);
  EXPECT_EQ(as_machine(token_, "GET", "/v1/audit/proofs/consistency?old_size=1").http.status, 200);
  EXPECT_EQ(as_machine(token_, "GET", "/v1/audit/proofs/inclusion?index=99999").code(), "not_found");
  EXPECT_EQ(as_machine(token_, "GET", "/v1/audit/proofs/consistency?old_size=1&tree_size=99999").code(),
            "not_yet_integrated");
  EXPECT_EQ(as_machine(token_, "GET", "/v1/audit/entries/01").code(), "not_found");
}

TEST_F(MessagesTest, KeepsRecordsOfOthersClosed) {
  const auto last_is_open = [&] {
    std::uint64_t size = 0;
    EXPECT_TRUE(store_
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(size, reader.log_size(party_.organization));
                      return {};
                    })
                    .ok());
    const ApiAnswer entry = as_machine(token_, "GET", "/v1/audit/entries/" + std::to_string(size - 1));
    EXPECT_EQ(entry.http.status, 200) << entry.http.body;
    bool open = false;
    for (const auto& group : entry.at("/groups").as_array()) {
      EXPECT_EQ(group.at("salt").is_null(), group.at("fields").is_null());
      EXPECT_FALSE(group.at("commitment").as_string().empty());
      EXPECT_TRUE(group.at("key_id").as_string().starts_with("dek_"));
      open = open || !group.at("salt").is_null();
    }
    return open;
  };
  make_channel(party_.workspace, Environment::Live);
  EXPECT_FALSE(last_is_open()) << "the other environment's";
  make_integration(party_.workspace, Environment::Test);
  EXPECT_FALSE(last_is_open()) << "another integration's";
  make_channel(party_.workspace, Environment::Test);
  EXPECT_TRUE(last_is_open()) << "of its own environment, and no integration's";
}

}  // namespace
}  // namespace sealpost
