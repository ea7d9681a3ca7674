// What acceptance answered, as the contract writes it: MessageAccepted with 202, or 200 for the first receipt
// again; a challenge as plain text; a refusal as a problem. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "domain/model/public_id.h"
#include "edge/answers/problem.h"
#include "flow/acceptance/acceptance.h"

namespace sealpost {

struct ReceiptContext {
  const PublicIdCodec& ids;
  std::string_view log_origin;  // of the log that holds the record
  std::string_view request_id;
};

// The contract's MessageAccepted.
[[nodiscard]] boost::json::object receipt_body(const ReceiptContext& context, const Receipt& receipt);
// The same as text, without a document between: receipts are written on the store's writer.
[[nodiscard]] std::string receipt_text(const ReceiptContext& context, const Receipt& receipt);
[[nodiscard]] Problem problem_of(const PublicIdCodec& ids, const Refused& refused);
// The whole answer but for finish_answer().
[[nodiscard]] HttpResponse answer_response(const ReceiptContext& context, const AcceptanceAnswer& answer,
                                           AuthScheme auth_scheme);

}  // namespace sealpost
