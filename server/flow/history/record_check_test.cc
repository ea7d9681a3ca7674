#include "flow/history/record_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "domain/wire/outbound_body.h"
#include "domain/wire/time_text.h"
#include "flow/directory/testing/control_plane.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

// The record is written of one set of values, the row of another: as if somebody had edited the row since.
class RecordCheckTest : public ControlPlane {
 protected:
  void SetUp() override {
    ControlPlane::SetUp();
    const WorkspaceId workspace = make_workspace(make_organization());
    integration_ = make_active(workspace);
    endpoint_ = make_endpoint(integration_);
    channel_ = make_channel(workspace);
    tenancy_ = picture()->find(integration_)->head.tenancy;
  }

  AcceptMessage message() {
    AcceptMessage made;
    made.tenancy = tenancy_;
    made.epoch = epoch_of(tenancy_.organization);
    made.integration = integration_;
    made.message = {store_->positions().draw(3)};
    made.accepted_at = clock_.wall_now();
    made.event_type = "push";
    made.event_id = "evt_1";
    made.content_type = "application/json";
    made.payload_size = 7;
    made.summary = R"({"a":1})";
    const auto digest = vault_->keyed_digest(tenancy_.organization, as_bytes(R"({"a":1})"));
    made.payload_digest = digest->digest;
    digest_key_ = ids_->encode(digest->key);
    made.facts = facts("crd_x");
    const auto key = vault_->current_data_key(tenancy_.organization, RetentionClass::Payload);
    payload_key_ = key->id();
    made.sealed_payload = key->seal(encode_stored_payload(0, true, as_bytes(R"({"a":1})")),
                                    {.tenancy = tenancy_,
                                     .kind = EntityKind::Message,
                                     .id = made.message.position,
                                     .version = 1,
                                     .field = "payload"},
                                    entropy_);
    made.deliveries = {{made.message.position + 1, TargetKind::Endpoint, endpoint_.position},
                       {made.message.position + 2, TargetKind::Channel, channel_.position}};
    return made;
  }

  std::string facts(std::string_view actor, std::string_view more = "") {
    return R"({"actor":")" + std::string(actor) + R"(","digest_key":")" + digest_key_ +
           R"(","event_type_authenticated":true)" + std::string(more) + '}';
  }

  AuditDraft record_of(const AcceptMessage& made) {
    AuditEvent event("message.accepted", tenancy_, made.accepted_at);
    event.who().add("actor", "crd_x").add("integration", ids_->encode(made.integration));
    event.what()
        .add("accepted_ms", to_unix_ms(made.accepted_at))
        .add("environment", name_of(tenancy_.environment))
        .add("event_id", made.event_id)
        .add("event_type", made.event_type)
        .add_flag("event_type_authenticated", true)
        .add("message", ids_->encode(made.message))
        .add("targets", ids_->encode(endpoint_) + ',' + ids_->encode(channel_));
    event.payload()
        .add("content_type", made.content_type)
        .add("deletion", "after_delivery")
        .add("digest", to_hex(made.payload_digest))
        .add("digest_key", digest_key_)
        .add("payload_key", ids_->encode(payload_key_))
        .add("size", std::int64_t{made.payload_size})
        .add("summary", made.summary);
    return audit_->draft(event).value();
  }

  void store(AcceptMessage made) {
    std::vector<AcceptMessage> messages;
    messages.push_back(std::move(made));
    std::promise<AcceptOutcome> promise;
    ASSERT_TRUE(store_->accept_messages(
        std::move(messages), [&](std::vector<AcceptOutcome> out) { promise.set_value(out.at(0)); }));
    ASSERT_EQ(promise.get_future().get().status, AcceptStatus::Accepted);
  }

  std::vector<std::string> check() {
    std::vector<std::string> told;
    const auto tell = [&](const std::string& line) { told.push_back(line); };
    RecordCheck rows({.store = *store_, .vault = *vault_, .ids = *ids_, .clock = clock_},
                     std::chrono::days(7), tell);
    const auto verdict = audit_->verify_log(tenancy_.organization, tell, [&](const OpenedRecord& record) {
      rows.judge(tenancy_.organization, record);
    });
    EXPECT_TRUE(verdict);
    rows.finish(*verdict);
    EXPECT_EQ(told.size(), rows.contradictions() + verdict->contradictions);
    return told;
  }

  IntegrationId integration_;
  EndpointId endpoint_;
  ChannelId channel_;
  Tenancy tenancy_;
  std::string digest_key_;
  DataKeyId payload_key_;
};

TEST_F(RecordCheckTest, ARowThatSaysWhatItsRecordSaysIsSound) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  store(std::move(made));
  const auto told = check();
  EXPECT_TRUE(told.empty()) << told.front();
}

TEST_F(RecordCheckTest, EachColumnThatContradictsIsNamedAlone) {
  struct Case {
    const char* column;
    std::function<void(AcceptMessage&)> edit;
  };
  const std::vector<Case> cases{
      {"message.event_type:", [](AcceptMessage& m) { m.event_type = "pull"; }},
      {"message.event_id:", [](AcceptMessage& m) { m.event_id = "evt_2"; }},
      {"message.accepted_ms:", [](AcceptMessage& m) { m.accepted_at += Milliseconds(1); }},
      {"message.payload_size:", [](AcceptMessage& m) { ++m.payload_size; }},
      {"message.payload_digest:", [](AcceptMessage& m) { m.payload_digest[3] ^= 1; }},
      {"message.content_type:", [](AcceptMessage& m) { m.content_type = "text/plain"; }},
      {"message.summary:", [](AcceptMessage& m) { m.summary = R"({"a":2})"; }},
      {"message.source:", [](AcceptMessage& m) { m.source = 7; }},
      {"message.keep_until_ms:",
       [](AcceptMessage& m) { m.keep_payload_until = m.accepted_at + std::chrono::days(3); }},
      {"message.facts:", [this](AcceptMessage& m) { m.facts = facts("crd_y"); }},
      {"message.facts:", [this](AcceptMessage& m) { m.facts = facts("crd_x", R"(,"more":1)"); }},
      {"message.facts:", [](AcceptMessage& m) { m.facts = R"({"actor":"crd_x"})"; }},
      {"message.facts:", [](AcceptMessage& m) { m.facts = "{"; }},
      {"payload.sealed:", [](AcceptMessage& m) { m.sealed_payload.back() ^= 1; }},
      {"delivery.target:", [](AcceptMessage& m) { m.deliveries[0].target = m.deliveries[1].target; }},
  };
  for (const Case& one : cases) {
    const std::size_t before = check().size();
    AcceptMessage made = message();
    made.audit = record_of(made);
    const std::string name = ids_->encode(made.message);
    one.edit(made);
    store(std::move(made));
    const auto told = check();
    EXPECT_GT(told.size(), before) << one.column;
    EXPECT_TRUE(std::ranges::any_of(told,
                                    [&](const std::string& line) {
                                      return line.starts_with(one.column) &&
                                             (line.find(name) != std::string::npos ||
                                              line.find("dlv_") != std::string::npos);
                                    }))
        << one.column << (told.empty() ? "" : told.back());
  }
}

TEST_F(RecordCheckTest, RowsWithoutARecordAndRecordsWithoutARowAreMissed) {
  AcceptMessage made = message();
  AcceptMessage other = message();
  made.audit = record_of(other);  // speaks of a message that is not there
  store(std::move(made));
  const auto told = check();
  EXPECT_TRUE(std::ranges::any_of(told, [&](const std::string& line) {
    return line.starts_with("message: the row of " + ids_->encode(other.message) + " is not there");
  }));
}

TEST_F(RecordCheckTest, TellsNothingOfWhatTheRowsHold) {
  AcceptMessage made = message();
  made.audit = record_of(made);
  made.event_id = "somebody@example.test";
  store(std::move(made));
  for (const std::string& line : check()) EXPECT_EQ(line.find("example.test"), std::string::npos) << line;
}

}  // namespace
}  // namespace sealpost
