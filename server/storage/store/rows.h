// What reading gives back: rows as plain values. Nothing is opened (unsealed) here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/store/commands.h"

namespace sealpost {

// One record of the control plane with its sealed part, if it has one.
struct ObjectRow {
  EntityKind kind = EntityKind::Organization;
  RecordHead head;
  Position parent = 0;
  std::string body;  // record_json.h
  Bytes sealed;      // secret material, sealed by the vault; empty for most kinds
  // The vault's word for all of the above (trust/vault/object_tag.h): opaque here, replaced with every
  // change.
  Bytes tag{};
};

struct MessageRow {
  MessageId message;
  Tenancy tenancy;
  IntegrationId integration;
  Position source = 0;
  WallTime accepted_at{};
  std::string event_type;
  std::string event_id;
  Hash256 payload_digest{};
  std::uint32_t payload_size = 0;
  std::string content_type;
  std::string summary;
  std::string facts;
  WallTime keep_payload_until{};
  std::optional<WallTime> payload_erased_at;
  std::uint32_t deliveries = 0;
  std::uint32_t open_deliveries = 0;
  std::uint64_t audit_index = 0;
};

struct DeliveryRow {
  DeliveryId delivery;
  MessageId message;
  Tenancy tenancy;
  IntegrationId integration;
  TargetKind kind = TargetKind::Endpoint;
  Position target = 0;
  std::uint32_t siblings = 0;  // deliveries of the same message, this one included
  DeliveryState state = DeliveryState::Waiting;
  std::uint32_t attempts = 0;
  std::optional<WallTime> next_attempt_at;
  std::optional<WallTime> ended_at;
  Lease lease;
};

struct AttemptRow {
  DeliveryId delivery;
  std::uint32_t number = 0;
  WallTime started_at{};
  WallTime ended_at{};
  std::string result;
  std::string failure_class;
  std::string code;
  std::uint32_t http_status = 0;
  std::string facts;
  std::uint64_t audit_index = 0;
};

struct RefusalRow {
  RefusalId refusal;
  Tenancy tenancy;
  IntegrationId integration;
  Position source = 0;
  std::string category;
  std::string network;
  std::uint64_t count = 0;
  WallTime first_at{};
  WallTime last_at{};
  std::string steps;
  std::uint64_t audit_index = 0;
};

struct AuditRow {
  std::uint64_t index = 0;
  std::string leaf;
  Hash256 leaf_hash{};
  Bytes body;
};

struct SignedCheckpoint {
  std::uint64_t size = 0;
  Hash256 root{};
  std::string note;  // empty while the signature has not been made: (size, root) is on disk before it is
};

}  // namespace sealpost
