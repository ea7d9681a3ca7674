#include "storage/store/testing/store_contract.h"

namespace sealpost {

void StoreContract::SetUp() {
  engine_ = GetParam()();
  reopen();
  make_parties(kLiveA, 100);
  make_parties(kTestA, 100);
  make_parties(kLiveB, 200);
}

void StoreContract::reopen() {
  store_.reset();
  auto opened = engine_->open(clock_, entropy_);
  ASSERT_TRUE(opened.ok());
  store_ = std::move(*opened);
  store_->set_hand_over({.room = [this] { return room_; },
                         .share =
                             [this](OrganizationId organization) {
                               const auto found = shares_.find(organization.position);
                               return found == shares_.end() ? UINT32_MAX : found->second;
                             },
                         .take =
                             [this](std::vector<LeasedDelivery> leased) {
                               for (auto& one : leased) handed_over_.push_back(std::move(one));
                             },
                         .wake = [] {}});
}

void StoreContract::make_parties(const Tenancy& tenancy, Position) {
  const auto made = change([&](Transaction& transaction) -> StoreResult<void> {
    const auto put = [&](EntityKind kind, Position position) {
      ObjectRow row;
      row.kind = kind;
      row.head.position = position;
      row.head.tenancy = tenancy;
      row.head.created_at = row.head.updated_at = clock_.wall_now();
      row.body = "{}";
      return transaction.insert_object(row);
    };
    SEALPOST_TRY_VOID(put(EntityKind::Integration, integration_of(tenancy)));
    for (Position i = 0; i < 4; ++i) SEALPOST_TRY_VOID(put(EntityKind::Endpoint, endpoint_of(tenancy, i)));
    return put(EntityKind::Channel, channel_of(tenancy));
  });
  ASSERT_TRUE(made.ok());
}

AuditDraft StoreContract::draft(OrganizationId log, std::string_view body) {
  const ByteView view = as_bytes(body);
  return {log, R"({"v":1,"seq":)", Bytes(view.begin(), view.end())};
}

Claim StoreContract::claim(ClaimMeaning meaning, std::uint8_t key, std::uint8_t body,
                           std::int64_t signed_ms) {
  Claim out;
  out.meaning = meaning;
  out.owner = 77;
  out.key.fill(key);
  out.body.fill(body);
  out.signed_ms = signed_ms;
  out.keep_until = from_unix_ms(1'800'000'000'000) + std::chrono::hours(7 * 24);
  return out;
}

AcceptMessage StoreContract::message(const Tenancy& tenancy, std::uint32_t deliveries) {
  AcceptMessage out;
  const Position first = store_->positions().draw(1 + deliveries);
  out.tenancy = tenancy;
  out.message = {first};
  out.integration = {integration_of(tenancy)};
  out.accepted_at = clock_.wall_now();
  out.event_type = "order.created";
  out.payload_digest.fill(7);
  out.payload_size = 3;
  out.sealed_payload = {1, 2, 3};
  out.audit = draft(tenancy.organization);
  for (std::uint32_t i = 0; i < deliveries; ++i)
    out.deliveries.push_back({first + 1 + i, TargetKind::Endpoint, endpoint_of(tenancy, i % 4)});
  return out;
}

std::vector<AcceptOutcome> StoreContract::accept(std::vector<AcceptMessage> messages) {
  std::promise<std::vector<AcceptOutcome>> promise;
  EXPECT_TRUE(store_->accept_messages(
      std::move(messages), [&](std::vector<AcceptOutcome> got) { promise.set_value(std::move(got)); }));
  auto outcomes = promise.get_future().get();
  // What is handed over follows the completion; one more round trip makes sure it has been.
  EXPECT_TRUE(change([](Transaction&) -> StoreResult<void> { return {}; }).ok());
  return outcomes;
}

AcceptOutcome StoreContract::accept(AcceptMessage message) {
  std::vector<AcceptMessage> one;
  one.push_back(std::move(message));
  return accept(std::move(one)).front();
}

FinishAttempt StoreContract::attempt(const LeasedDelivery& delivery, DeliveryState next, Milliseconds later) {
  FinishAttempt out;
  out.delivery = delivery.delivery;
  out.message = delivery.message;
  out.tenancy = delivery.tenancy;
  out.target = delivery.target;
  out.lease = delivery.lease;
  out.number = delivery.attempts + 1;
  out.started_at = out.ended_at = clock_.wall_now();
  out.result = next == DeliveryState::Delivered ? "delivered" : "failed";
  out.code = next == DeliveryState::Delivered ? "" : "http_503";
  out.next = next;
  out.next_attempt_at = clock_.wall_now() + later;
  out.audit = draft(delivery.tenancy.organization);
  return out;
}

FinishOutcome StoreContract::finish(FinishAttempt attempt) {
  std::promise<FinishOutcome> promise;
  std::vector<FinishAttempt> one;
  one.push_back(std::move(attempt));
  EXPECT_TRUE(store_->finish_attempts(
      std::move(one), [&](std::vector<FinishOutcome> got) { promise.set_value(got.front()); }));
  return promise.get_future().get();
}

ClaimedWork StoreContract::claim_work(std::uint32_t most, std::uint32_t most_per_target,
                                      std::vector<ClaimWork::Room> rooms) {
  return claim_work({clock_.wall_now(), most, most_per_target, std::move(rooms), present_picture()});
}

ClaimedWork StoreContract::claim_work(ClaimWork request) {
  std::promise<ClaimedWork> promise;
  EXPECT_TRUE(
      store_->claim_work(std::move(request), [&](ClaimedWork got) { promise.set_value(std::move(got)); }));
  return promise.get_future().get();
}

DirectoryPicture StoreContract::present_picture() {
  auto picture = std::make_shared<DirectorySnapshot>();
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                for (const OrganizationId organization : {kLiveA.organization, kLiveB.organization}) {
                  SEALPOST_TRY(picture->epochs[organization.position], reader.epoch_of(organization));
                }
                return {};
              }).ok());
  return picture;
}

void StoreContract::raise_epoch_ahead_of(OrganizationId organization,
                                         const std::function<void()>& meanwhile) {
  std::promise<void> held, go;
  std::promise<StoreResult<void>> raised;
  ASSERT_TRUE(store_->transact(
      [&](Transaction& transaction) -> StoreResult<void> {
        held.set_value();
        go.get_future().wait();
        SEALPOST_TRY(const std::uint64_t epoch, transaction.raise_epoch(organization));
        EXPECT_EQ(epoch, 1U);
        return {};
      },
      [&](StoreResult<void> result) { raised.set_value(result); }));
  held.get_future().wait();
  meanwhile();
  go.set_value();
  EXPECT_TRUE(raised.get_future().get().ok());
}

StoreResult<void> StoreContract::change(std::function<StoreResult<void>(Transaction&)> work) {
  return store_->transact_and_wait(
      [work = std::move(work)](Transaction& transaction) { return work(transaction); });
}

MessageRow StoreContract::row_of(const Tenancy& tenancy, MessageId message) {
  MessageRow row;
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(row, reader.find_message(tenancy, message));
                return {};
              }).ok());
  return row;
}

bool StoreContract::has_payload(const Tenancy& tenancy, MessageId message) {
  std::optional<Bytes> payload;
  EXPECT_TRUE(look([&](Reader& reader) -> StoreResult<void> {
                SEALPOST_TRY(payload, reader.payload_of(tenancy, message));
                return {};
              }).ok());
  return payload.has_value();
}

void StoreContract::purge(std::function<bool(Position, WallTime)> claims_needed) {
  Store::PurgeTerms terms;
  terms.now = clock_.wall_now();
  terms.rows_per_step = 3;
  terms.claims_needed = std::move(claims_needed);
  for (;;) {
    const auto more = store_->purge_step(terms);
    ASSERT_TRUE(more.ok());
    if (!*more) return;
  }
}

}  // namespace sealpost
