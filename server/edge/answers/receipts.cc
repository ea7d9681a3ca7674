#include "edge/answers/receipts.h"

#include <boost/json.hpp>

#include "domain/wire/time_text.h"

namespace sealpost {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace

boost::json::object receipt_body(const ReceiptContext& context, const Receipt& receipt) {
  const std::string id = context.ids.encode(receipt.message);
  return {{"message_id", id},
          {"duplicate", receipt.duplicate},
          {"accepted_at", to_rfc3339(receipt.accepted_at)},
          {"deliveries", receipt.deliveries},
          {"receipt", "/v1/messages/" + id},
          {"audit", {{"log_origin", context.log_origin}, {"index", receipt.audit_index}}}};
}

std::string receipt_text(const ReceiptContext& context, const Receipt& receipt) {
  const std::string id = context.ids.encode(receipt.message);
  std::string text;
  text.reserve(320);
  text.append(R"({"message_id":")").append(id);
  text.append(receipt.duplicate ? R"(","duplicate":true,)" : R"(","duplicate":false,)");
  text.append(R"("accepted_at":")").append(to_rfc3339(receipt.accepted_at));
  text.append(R"(","deliveries":)").append(std::to_string(receipt.deliveries));
  text.append(R"(,"receipt":"/v1/messages/)").append(id);
  text.append(R"(","audit":{"log_origin":)")
      .append(boost::json::serialize(boost::json::value(context.log_origin)));
  text.append(R"(,"index":)").append(std::to_string(receipt.audit_index)).append("}}");
  return text;
}

Problem problem_of(const PublicIdCodec& ids, const Refused& refused) {
  Problem problem(refused.code);
  if (refused.refusal) problem.refusal_id = ids.encode(*refused.refusal);
  if (refused.first) problem.first_message_id = ids.encode(*refused.first);
  problem.retry_after = refused.retry_after;
  return problem;
}

HttpResponse answer_response(const ReceiptContext& context, const AcceptanceAnswer& answer,
                             AuthScheme auth_scheme) {
  return std::visit(Overloaded{[&](const Receipt& receipt) {
                                 return HttpResponse::json(receipt.duplicate ? 200 : 202,
                                                           receipt_text(context, receipt));
                               },
                               [&](const Refused& refused) {
                                 Problem problem = problem_of(context.ids, refused);
                                 problem.auth_scheme = auth_scheme;
                                 return problem_response(problem, context.request_id);
                               },
                               [&](const Challenge& challenge) {
                                 return HttpResponse::with_body(200, "text/plain", challenge.text);
                               }},
                    answer);
}

}  // namespace sealpost
