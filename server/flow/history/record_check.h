// Holds the rows that people read (messages, payloads, deliveries, attempts, inboxes, refusals) against the
// records of the log that were written with them. The log proves itself; this proves that what is shown
// beside it says the same. A row may only say what its record says; rows that no record speaks of are
// counted.
//
// Feed judge() every record of every log in order, from AuditTrail::verify_log(), then finish() once. Loads;
// one thread; needs a store that nobody else writes to.
//
// What only follows from the evidence is held too: epochs, health, how many deliveries were cancelled, and
// whether the store still finds the claim of each message that must not be accepted again. Of what no record
// speaks, such as when a waiting delivery is due, the store's own tags tell (Store::check_work_rows).
//
// A record whose groups can't be opened any more vouches for nothing, and then neither the counts nor what
// follows from all records are compared. The whole list stands in
// docs/decisions/0014-what-verification-covers.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "domain/model/public_id.h"
#include "flow/history/internal/derived_state.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/vault/vault.h"

namespace sealpost {

class RecordCheck final {
 public:
  struct Parts {
    Store& store;
    Vault& vault;
    const PublicIdCodec& ids;
    const Clock& clock;
  };
  using Tell = std::function<void(const std::string&)>;
  // `inbox_term`: how long a message lies in an inbox before it may be gone from there.
  RecordCheck(Parts parts, Milliseconds inbox_term, Tell tell);

  void judge(OrganizationId log, const OpenedRecord& record);
  // `logs`: what all logs together account for.
  void finish(const AuditTrail::LogVerdict& logs);
  [[nodiscard]] std::uint64_t contradictions() const { return contradictions_; }
  // Of the messages that records speak of: whose payload is stored, and whose opened to what its record
  // committed to. They differ where a key is gone, and where something contradicts.
  [[nodiscard]] std::uint64_t payloads_stored() const { return seen_.payloads; }
  [[nodiscard]] std::uint64_t payloads_opened() const { return payloads_opened_; }

 private:
  class Fields;
  class Comparison;
  void judge_acceptance(const Tenancy& tenancy, const Fields& fields);
  void judge_claims(const MessageRow& row, const Fields& fields);
  void judge_payload(const MessageRow& row, const Fields& fields);
  void judge_erasure(const MessageRow& row, const Fields& fields);
  void judge_deliveries(const MessageRow& row, const Fields& fields);
  void judge_target(const MessageRow& row, const DeliveryRow& delivery, std::string_view target);
  void judge_inbox(const MessageRow& row, const DeliveryRow& delivery);
  void judge_attempt(const Tenancy& tenancy, const Fields& fields);
  void judge_outcome(const DeliveryRow& row, const Fields& fields);
  void judge_refusal(const Tenancy& tenancy, const Fields& fields);
  void reopen(const DeliveryRow& row, std::string complaint);
  void settle_redelivery(const Fields& fields);
  void complain(const std::string& what);
  // The row, or nothing after a complaint that names `table` and `id`.
  template <class Row>
  std::optional<Row> find(std::string_view table, std::string_view id, const Fields& fields,
                          const std::function<StoreResult<Row>(Reader&)>& look);

  Parts parts_;
  Milliseconds inbox_term_;
  Tell tell_;
  std::uint64_t contradictions_ = 0;
  std::uint64_t payloads_opened_ = 0;
  bool all_open_ = true;
  Reader::Counts seen_;
  DerivedState derived_;
  // Deliveries that are not as their last attempt left them, with their count of attempts, and what to say of
  // them unless a record of a redelivery follows.
  std::map<Position, std::pair<std::uint32_t, std::string>> reopened_;
  // By how much the times of erasures lie outside what fits, and what to say of them; how far the clock is
  // seen to have gone back, which explains as much.
  std::vector<std::pair<Milliseconds, std::string>> misfits_;
  Milliseconds clock_went_back_{0};
  WallTime latest_{};
};

}  // namespace sealpost
