// A reader that shows what a test makes of the stored rows: a disk that broke, or somebody who edited them.
// What no edit is given for is shown as it is. Lives inside one read; see ScriptedStore::through. Tests only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/store/reader.h"

namespace sealpost {

struct Tampering {
  std::function<void(AuditRow&)> audit_row{};  // read alone or in a list
  std::function<void(std::vector<AuditRow>&)> audit_rows{};
  std::function<void(std::uint32_t level, std::uint64_t number, std::vector<Hash256>&)> tile{};
  std::function<void(std::vector<SignedCheckpoint>&)> checkpoints{};  // the newest alone, or a list
  std::function<void(std::string_view name, std::optional<std::string>&)> setting{};
  std::function<void(std::uint64_t&)> log_size{};
};

class TamperedReader final : public Reader {
 public:
  TamperedReader(Reader& inner, const Tampering& tampering) : inner_(inner), tampering_(tampering) {}

  StoreResult<ObjectRow> find_object(const Tenancy& t, EntityKind k, Position p) override {
    return inner_.find_object(t, k, p);
  }
  StoreResult<std::vector<ObjectRow>> list_objects(const Tenancy& t, EntityKind k, Position parent,
                                                   Page page) override {
    return inner_.list_objects(t, k, parent, page);
  }
  StoreResult<std::vector<ObjectRow>> load_objects(Page page) override { return inner_.load_objects(page); }
  StoreResult<std::uint64_t> epoch_of(OrganizationId o) override { return inner_.epoch_of(o); }
  StoreResult<MessageRow> find_message(const Tenancy& t, MessageId m) override {
    return inner_.find_message(t, m);
  }
  StoreResult<std::vector<DeliveryRow>> deliveries_of(const MessageRow& m) override {
    return inner_.deliveries_of(m);
  }
  StoreResult<DeliveryRow> find_delivery(const Tenancy& t, DeliveryId d) override {
    return inner_.find_delivery(t, d);
  }
  StoreResult<std::vector<AttemptRow>> attempts_of(const Tenancy& t, DeliveryId d) override {
    return inner_.attempts_of(t, d);
  }
  StoreResult<std::optional<Bytes>> payload_of(const Tenancy& t, MessageId m) override {
    return inner_.payload_of(t, m);
  }
  StoreResult<std::vector<MessageRow>> inbox(const Tenancy& t, ChannelId c, Page page) override {
    return inner_.inbox(t, c, page);
  }
  StoreResult<AcceptOutcome> judge_claim(const Tenancy& t, const Claim& c) override {
    return inner_.judge_claim(t, c);
  }
  StoreResult<RefusalRow> find_refusal(const Tenancy& t, RefusalId r) override {
    return inner_.find_refusal(t, r);
  }
  StoreResult<std::vector<RefusalRow>> list_refusals(const Tenancy& t, Position source, Page page) override {
    return inner_.list_refusals(t, source, page);
  }
  StoreResult<IntegrationHealth> health_of(const Tenancy& t, IntegrationId i) override {
    return inner_.health_of(t, i);
  }
  StoreResult<std::uint64_t> log_size(OrganizationId o) override {
    SEALPOST_TRY(std::uint64_t size, inner_.log_size(o));
    if (tampering_.log_size) tampering_.log_size(size);
    return size;
  }
  StoreResult<AuditRow> audit_row(OrganizationId o, std::uint64_t index) override {
    SEALPOST_TRY(AuditRow row, inner_.audit_row(o, index));
    if (tampering_.audit_row) tampering_.audit_row(row);
    return row;
  }
  StoreResult<std::vector<AuditRow>> audit_rows(OrganizationId o, std::uint64_t from,
                                                std::uint32_t limit) override {
    SEALPOST_TRY(std::vector<AuditRow> rows, inner_.audit_rows(o, from, limit));
    if (tampering_.audit_row)
      for (AuditRow& row : rows) tampering_.audit_row(row);
    if (tampering_.audit_rows) tampering_.audit_rows(rows);
    return rows;
  }
  StoreResult<std::vector<Hash256>> tile(OrganizationId o, std::uint32_t level, std::uint64_t number,
                                         std::uint32_t width) override {
    SEALPOST_TRY(std::vector<Hash256> hashes, inner_.tile(o, level, number, width));
    if (tampering_.tile) tampering_.tile(level, number, hashes);
    return hashes;
  }
  StoreResult<std::optional<SignedCheckpoint>> latest_checkpoint(OrganizationId o) override {
    SEALPOST_TRY(std::optional<SignedCheckpoint> newest, inner_.latest_checkpoint(o));
    std::vector<SignedCheckpoint> list;
    if (newest) list.push_back(*std::move(newest));
    if (tampering_.checkpoints) tampering_.checkpoints(list);
    if (list.empty()) return std::optional<SignedCheckpoint>{};
    return std::optional(std::move(list.front()));
  }
  StoreResult<std::vector<SignedCheckpoint>> checkpoints(OrganizationId o, std::uint64_t from,
                                                         std::uint32_t limit) override {
    SEALPOST_TRY(std::vector<SignedCheckpoint> list, inner_.checkpoints(o, from, limit));
    if (tampering_.checkpoints) tampering_.checkpoints(list);
    return list;
  }
  StoreResult<std::vector<OrganizationId>> logs() override { return inner_.logs(); }
  StoreResult<std::optional<std::string>> setting(std::string_view name) override {
    SEALPOST_TRY(std::optional<std::string> value, inner_.setting(name));
    if (tampering_.setting) tampering_.setting(name, value);
    return value;
  }
  StoreResult<Counts> counts() override { return inner_.counts(); }

 private:
  Reader& inner_;
  const Tampering& tampering_;
};

}  // namespace sealpost
