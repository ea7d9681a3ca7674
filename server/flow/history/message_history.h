// Reading back: what became of a message, what lies in an inbox, why something was refused; and sending one
// delivery again. Bodies are the schemas of contract/openapi.yaml. An answer is read at one snapshot of the
// store; payloads are opened after it. Thread-safe; waits for the store: pool threads only.
#pragma once

#include "flow/directory/operations.h"

namespace sealpost {

class MessageHistory final {
 public:
  explicit MessageHistory(Operations& operations) : operations_(operations) {}

  // The contract's Message. An operator whose call names no organization is shown any.
  Operation<Resource> message(const AuthorizedCall& call, MessageId id);
  // ChannelMessage items. Reveals payloads: a machine's call, never an operator's.
  Operation<PageView> inbox(const AuthorizedCall& call, ChannelId channel, const PageQuery& page);
  Operation<Resource> delivery(const AuthorizedCall& call, DeliveryId id);
  // Needs deliveries:read, because it tells the steps.
  Operation<Resource> refusal(const AuthorizedCall& call, RefusalId id);
  // Where a message or a delivery lies: for the record of a refusal, whose caller need not see it.
  [[nodiscard]] std::optional<Placement> placement(EntityKind kind, Position position) const;
  // Puts an ended delivery back into the queue, due now. `payload_erased`, `delivery_in_progress`.
  Operation<Made> redeliver(const AuthorizedCall& call, DeliveryId id, const Once& once);

 private:
  Operations& operations_;
};

}  // namespace sealpost
