#include <array>
#include <utility>
#include <vector>

#include "edge/answers/receipts.h"
#include "edge/rest_api/api_call.h"
#include "edge/rest_api/internal/message_calls.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/request_fields.h"
#include "foundation/json/raw_json.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxBatch = 100;

Answer message_get(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<MessageId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  return api.resource(api.parts().history.message(call, id));
}
Answer delivery_get(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<DeliveryId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  return api.resource(api.parts().history.delivery(call, id));
}
Answer delivery_redeliver(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<DeliveryId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  SEALPOST_TRY(const Once once, api.once());
  return api.made(api.parts().history.redeliver(call, id, once), 202);
}
Answer refusal_get(ApiCall& api) {
  SEALPOST_TRY(const auto id, api.path_id<RefusalId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize());
  return api.resource(api.parts().history.refusal(call, id));
}

// One message of a request: `object` is what `text` says. The data stays as it came.
Result<NewMessage, FieldErrors> read_message(const boost::json::object& object, std::string_view text,
                                             bool in_batch) {
  ObjectReader reader(object);
  NewMessage message;
  message.event_type = reader.string("type", kEventTypeLength);
  if (!message.event_type.empty() && !is_event_type(message.event_type))
    reader.problem("type", "Is no event type.");
  if (in_batch) {
    message.idempotency_key = reader.optional_string("idempotency_key", {.min = 1, .max = 128}).value_or("");
    for (const char c : message.idempotency_key)
      if (c < '!' || c > '~') {
        reader.problem("idempotency_key", "Must be visible ASCII characters.");
        break;
      }
  }
  const boost::json::value* data = reader.any("data");
  SEALPOST_TRY_VOID(reader.finish());
  const auto raw = raw_member(text, "data");
  SEALPOST_CHECK(raw.has_value());
  message.data = *raw;
  message.parsed = *data;
  return message;
}

// Where the outcome goes, kept apart from the call, which is gone by then.
struct Reply {
  const PublicIdCodec& ids;
  std::string log_origin;
  std::string request_id;
  CallIdentity who;
  RefusedCalls refusals;
  Responder responder;

  void send(HttpResponse&& response) {
    finish_answer(response, request_id);
    responder.send(std::move(response));
  }
  void refuse(Problem problem) {
    refusals.file(who, problem);
    send(problem_response(problem, request_id));
  }
  void answer(const AcceptanceAnswer& outcome) {
    if (const auto* refused = std::get_if<Refused>(&outcome)) return refuse(problem_of(ids, *refused));
    send(answer_response(context(), outcome, AuthScheme::Bearer));
  }
  [[nodiscard]] ReceiptContext context() const { return {ids, log_origin, request_id}; }
};

// What one element would have got on its own.
boost::json::object batch_result(const Reply& reply, Problem problem) {
  reply.refusals.file(reply.who, problem);
  return {{"status", public_code_info(problem.code).status},
          {"problem", problem_body(problem, reply.request_id)}};
}
boost::json::object batch_result(const Reply& reply, const AcceptanceAnswer& answer) {
  if (const auto* receipt = std::get_if<Receipt>(&answer))
    return {{"status", receipt->duplicate ? 200 : 202},
            {"accepted", receipt_body(reply.context(), *receipt)}};
  const auto* refused = std::get_if<Refused>(&answer);
  return batch_result(
      reply, refused == nullptr ? Problem(PublicCode::InternalError) : problem_of(reply.ids, *refused));
}
boost::json::object batch_result(const Reply& reply, const FieldErrors& errors, std::size_t index) {
  FieldErrors placed = errors;
  for (FieldError& error : placed) error.pointer.insert(0, "/messages/" + std::to_string(index));
  return batch_result(reply, Problem(placed));
}

Result<void, Problem> accept_one(ApiCall& api, const AuthorizedCall& call, Reply& reply) {
  SEALPOST_TRY(NewMessage message, read_message(api.body(), api.body_text(), false));
  SEALPOST_TRY(message.idempotency_key, api.idempotency_key());
  std::vector<NewMessage> messages;
  messages.push_back(std::move(message));
  api.parts().acceptance.messages(call, "POST /v1/messages", std::move(messages),
                                  [reply = std::move(reply)](std::vector<AcceptanceAnswer> answers) mutable {
                                    reply.answer(answers.front());
                                  });
  return {};
}

Result<void, Problem> accept_batch(ApiCall& api, const AuthorizedCall& call, Reply& reply) {
  ObjectReader reader(api.body());
  const boost::json::array* items = reader.array("messages", {.min = 1});
  SEALPOST_TRY_VOID(reader.finish());
  if (items->size() > kMaxBatch) return fail(Problem(PublicCode::TooManyItems));
  SEALPOST_TRY(const std::string key, api.idempotency_key());
  const auto member = raw_member(api.body_text(), "messages");
  const auto texts = raw_items(member.value_or(std::string_view()));
  SEALPOST_CHECK(texts.size() == items->size());

  boost::json::array results(items->size());
  std::vector<NewMessage> messages;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (texts[i].size() > kMessageBodyBytes) {  // as it would be refused on its own
      results[i] = batch_result(reply, Problem(PublicCode::BodyTooLarge));
      continue;
    }
    const auto* object = (*items)[i].if_object();
    FieldErrors no_object;
    if (object == nullptr)
      no_object.push_back({.pointer = "", .message = "A message must be a JSON object."});
    auto message = object == nullptr ? Result<NewMessage, FieldErrors>(fail(std::move(no_object)))
                                     : read_message(*object, texts[i], true);
    if (!message) {
      results[i] = batch_result(reply, message.error(), i);
      continue;
    }
    // The request's key makes each element repeatable that brings none of its own.
    if (message->idempotency_key.empty() && !key.empty())
      message->idempotency_key = key + ':' + std::to_string(i);
    messages.push_back(*std::move(message));
    places.push_back(i);
  }
  auto finish = [reply = std::move(reply), results = std::move(results),
                 places = std::move(places)](std::vector<AcceptanceAnswer> answers) mutable {
    for (std::size_t i = 0; i < answers.size(); ++i) results[places[i]] = batch_result(reply, answers[i]);
    reply.send(ApiCall::json(200, boost::json::object{{"results", std::move(results)}}));
  };
  if (messages.empty())
    finish({});
  else
    api.parts().acceptance.messages(call, "POST /v1/messages:batch", std::move(messages), std::move(finish));
  return {};
}

}  // namespace

void accept_messages(ApiCall& api, Responder responder) {
  Reply reply{.ids = api.ids(),
              .log_origin = {},
              .request_id = api.id_text(),
              .who = api.identity(),
              .refusals = api.refused_calls(),
              .responder = std::move(responder)};
  const auto call = api.authorize();
  if (!call) return reply.refuse(call.error());
  reply.log_origin = api.base().audit.origin(call->tenancy().organization).text();
  const bool batch = api.route().operation_id == "message_batch_create";
  const auto taken = batch ? accept_batch(api, *call, reply) : accept_one(api, *call, reply);
  if (!taken) reply.refuse(taken.error());
}

std::span<const Route> message_routes() {
  static constexpr std::array<Route, 7> kRoutes{{
      {.method = HttpMethod::Post,
       .path = "/v1/in/{source_id}",
       .operation_id = "webhook_receive",
       .callers = Callers::Anonymous,
       .query = "*",
       .body = BodyForm::Raw,
       .run = RunKind::Webhook},
      {.method = HttpMethod::Post,
       .path = "/v1/messages",
       .operation_id = "message_create",
       .callers = Callers::Machine,
       .scope = Scope::MessagesWrite,
       .body = BodyForm::Json,
       .body_limit = kMessageBodyBytes,
       .run = RunKind::Message},
      {.method = HttpMethod::Post,
       .path = "/v1/messages:batch",
       .operation_id = "message_batch_create",
       .callers = Callers::Machine,
       .scope = Scope::MessagesWrite,
       .body = BodyForm::Json,
       .body_limit = kBatchBodyBytes,
       .run = RunKind::Message},
      {.method = HttpMethod::Get,
       .path = "/v1/messages/{message_id}",
       .operation_id = "message_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::MessagesRead,
       .handle = message_get},
      {.method = HttpMethod::Get,
       .path = "/v1/deliveries/{delivery_id}",
       .operation_id = "delivery_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::DeliveriesRead,
       .handle = delivery_get},
      {.method = HttpMethod::Post,
       .path = "/v1/deliveries/{delivery_id}:redeliver",
       .operation_id = "delivery_redeliver",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::DeliveriesRetry,
       .handle = delivery_redeliver},
      {.method = HttpMethod::Get,
       .path = "/v1/refusals/{refusal_id}",
       .operation_id = "refusal_get",
       .callers = Callers::MachineOrOperator,
       .scope = Scope::DeliveriesRead,
       .handle = refusal_get},
  }};
  return kRoutes;
}

}  // namespace sealpost
