#include "edge/webhook_inlet/webhook_inlet.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "edge/answers/receipts.h"

namespace sealpost {
namespace {

// One answer, from whatever thread acceptance gives it on.
class InletAnswer final {
 public:
  InletAnswer(const PublicIdCodec& ids, std::string log_origin, std::string request_id, Responder responder)
      : ids_(&ids),
        log_origin_(std::move(log_origin)),
        request_id_(std::move(request_id)),
        responder_(std::move(responder)) {}

  void operator()(const AcceptanceAnswer& answer) {
    send(answer_response({*ids_, log_origin_, request_id_}, answer, AuthScheme::Signature));
  }
  void refuse(PublicCode code) {
    Problem problem(code);
    problem.auth_scheme = AuthScheme::Signature;
    send(problem_response(problem, request_id_));
  }

 private:
  void send(HttpResponse&& response) {
    finish_answer(response, request_id_);
    responder_.send(std::move(response));
  }
  const PublicIdCodec* ids_;
  std::string log_origin_;
  std::string request_id_;
  Responder responder_;
};

}  // namespace

std::size_t WebhookInlet::body_limit(std::string_view source_id) const {
  const auto source = parts_.ids.decode<SourceId>(source_id);
  if (!source) return kUnknownSourceBytes;
  const GatewayPicturePtr picture = parts_.directory.picture();
  const SourcePlan* plan = picture->find_plan(*source);
  return plan == nullptr ? kUnknownSourceBytes : plan->settings.max_body_bytes();
}

bool WebhookInlet::runs_inline(SourceId source, std::size_t body_bytes) const {
  if (body_bytes > kMaxInlineBytes) return false;
  const GatewayPicturePtr picture = parts_.directory.picture();
  const auto keys = picture->keys->inbound(source);
  return std::ranges::none_of(keys, [](const VerificationKey& key) {
    return std::holds_alternative<Ed25519PublicKey>(key.material);
  });
}

void WebhookInlet::receive(std::string_view source_id, RequestId request, HttpRequest&& http,
                           Responder responder) {
  const auto source = parts_.ids.decode<SourceId>(source_id);
  std::string log_origin;
  if (source) {
    const GatewayPicturePtr picture = parts_.directory.picture();
    if (const Source* known = picture->directory->find(*source))
      log_origin = parts_.audit.origin(known->head.tenancy.organization).text();
  }
  InletAnswer answer(parts_.ids, std::move(log_origin), parts_.ids.encode(request), std::move(responder));
  // Acceptance counts what comes for sources that nobody knows, so an id that is none goes there too, as
  // position 0.
  const SourceId target = source.value_or(SourceId{});
  const std::size_t size = http.body.size();
  auto arrival = std::make_shared<const WebhookArrival>(WebhookArrival{
      .source = target, .request = request, .http = std::move(http), .at = parts_.clock.wall_now()});
  if (runs_inline(target, size)) return parts_.acceptance.webhook(std::move(arrival), std::move(answer));

  auto shared = std::make_shared<InletAnswer>(std::move(answer));
  Task verify = [this, arrival, shared] {
    parts_.acceptance.webhook(arrival, [shared](const AcceptanceAnswer& outcome) { (*shared)(outcome); });
  };
  if (!parts_.pool.try_submit(std::move(verify))) shared->refuse(PublicCode::Overloaded);
}

}  // namespace sealpost
