// Holds the rows that people read (messages, payloads, deliveries, attempts, inboxes, refusals) against the
// records of the log that were written with them. The log proves itself; this proves that what is shown
// beside it says the same. A row may only say what its record says; rows that no record speaks of are
// counted.
//
// Feed judge() every record of every log in order, from AuditTrail::verify_log(), then finish() once. Loads;
// one thread; needs a store that nobody else writes to.
//
// Not held, because no record speaks of it: when a waiting delivery is due, who leases one, when a payload
// was erased, an ended delivery that was cancelled. A record whose groups can't be opened any more vouches
// for nothing, and then the counts are not compared.
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

 private:
  class Fields;
  class Comparison;
  void judge_acceptance(const Tenancy& tenancy, const Fields& fields);
  void judge_payload(const MessageRow& row, const Fields& fields);
  void judge_deliveries(const MessageRow& row, const Fields& fields);
  void judge_target(const MessageRow& row, const DeliveryRow& delivery, std::string_view target);
  void judge_inbox(const MessageRow& row, const DeliveryRow& delivery);
  void judge_attempt(const Tenancy& tenancy, const Fields& fields);
  void judge_outcome(const DeliveryRow& row, const Fields& fields);
  void judge_refusal(const Tenancy& tenancy, const Fields& fields);
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
  bool all_open_ = true;
  Reader::Counts seen_;
  // Deliveries that wait again although their last attempt ended them, with their count of attempts: a record
  // of the redelivery has to follow.
  std::map<Position, std::uint32_t> reopened_;
};

}  // namespace sealpost
