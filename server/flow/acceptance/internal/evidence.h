// What an acceptance binds, written once: as facts on the message's row (nothing personal) and as the audit
// event with all of it. Pure.
#pragma once

#include <string>

#include "access/authorization/authorized_call.h"
#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "domain/schemes/verify.h"
#include "storage/store/commands.h"
#include "trust/audit_trail/audit_event.h"

namespace sealpost {

struct AcceptanceEvidence {
  const AuthorizedCall& call;
  const DirectorySnapshot& directory;
  const PublicIdCodec& ids;
  const AcceptMessage& message;
  DataKeyId digest_key;
  DataKeyId payload_key;
  std::string_view scheme;
  std::string_view key_id;
  bool event_type_authenticated = true;
  WallTime received_at{};
  WallTime prepared_at{};

  // Public ids that both speak of; follow from the above.
  std::string grant_name = call.grant().set() ? ids.encode(call.grant()) : std::string();
  std::string request_name = ids.encode(call.request());
  std::string digest_key_name = ids.encode(digest_key);

  // Nothing when a value has no canonical form.
  [[nodiscard]] Result<std::string, TlogRefusal> facts() const;
  [[nodiscard]] AuditEvent event() const;

 private:
  [[nodiscard]] std::string_view signature_status() const;
  [[nodiscard]] std::string targets() const;
  [[nodiscard]] std::string claims() const;
};

// What a reader with deliveries:read sees of a refusal, as JSON.
[[nodiscard]] std::string steps_text(const VerificationTrace& trace);

}  // namespace sealpost
