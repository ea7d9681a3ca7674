// What an attempt leaves behind, written once: the row with its facts, and the audit event with all that it
// binds. Plain value; pure functions.
#pragma once

#include <string>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "flow/delivery/delivery_step.h"
#include "trust/audit_trail/audit_event.h"

namespace sealpost::delivery {

struct AttemptEvidence {
  LeasedDelivery leased;
  DeliveryStep step;
  WallTime started_at{};
  WallTime ended_at{};
  // From the picture that was decided from.
  WorkspaceId workspace;
  std::string source_system;
  GrantId grant;
  std::uint32_t grant_version = 0;
  // From the send.
  std::vector<std::string> key_ids;
  std::uint64_t egress_version = 0;
  std::string egress_refusal;
  std::string remote_address;
  std::uint32_t http_status = 0;
  std::chrono::microseconds duration{0};
  bool request_sent = false;
  bool reused_connection = false;
  std::string excerpt;

  // Both do nothing with what they do not find.
  void bind(const DirectorySnapshot& picture);
  void bind(const OutboundResult& result);

  [[nodiscard]] std::uint32_t number() const { return leased.attempts + 1; }
  [[nodiscard]] std::string facts() const;
  // Text of outsiders (type of event, name of the source system) can be left out, should it have no canonical
  // form.
  enum class OutsideText : bool { Left, Kept };
  // `facts_text` is what facts() gave.
  [[nodiscard]] AuditEvent event(const PublicIdCodec& ids, OutsideText outside,
                                 std::string_view facts_text) const;
  [[nodiscard]] FinishAttempt attempt(AuditDraft audit, std::string facts_text) const;
};

}  // namespace sealpost::delivery
