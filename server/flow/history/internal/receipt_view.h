// Rows of the message path as the contract shows them. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "flow/directory/views.h"
#include "storage/store/rows.h"
#include "storage/store/store.h"

namespace sealpost {

// A message with all that hangs on it, read at one snapshot.
struct MessageRecord {
  struct Delivery {
    DeliveryRow row;
    std::vector<AttemptRow> attempts;
  };
  MessageRow row;
  std::vector<Delivery> deliveries;
};

// What only the message's audit record tells; empty once those groups are erased.
struct MessageEvidence {
  std::string source_address;
  std::optional<WallTime> received_at;
  std::optional<WallTime> prepared_at;
};

[[nodiscard]] boost::json::object message_view(const ViewContext& context, const MessageRecord& message,
                                               const MessageEvidence& evidence,
                                               const Store::PurgeTerms& terms);
[[nodiscard]] boost::json::object delivery_view(const ViewContext& context,
                                                const MessageRecord::Delivery& delivery,
                                                WallTime accepted_at);
[[nodiscard]] boost::json::object refusal_view(const ViewContext& context, const RefusalRow& refusal);
// When the payload will be erased, as far as that is known now.
[[nodiscard]] std::optional<WallTime> erase_at(const MessageRecord& message, const Store::PurgeTerms& terms);
// The redacted summary as a value.
[[nodiscard]] boost::json::value summary_view(const std::string& summary);

}  // namespace sealpost
