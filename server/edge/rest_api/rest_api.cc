#include "edge/rest_api/rest_api.h"

#include <memory>
#include <utility>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/authenticator.h"
#include "edge/rest_api/internal/message_calls.h"
#include "edge/rest_api/router.h"

namespace sealpost {
namespace {

// Larger bodies are read on the pool.
constexpr std::size_t kMaxInlineBody = std::size_t{64} * 1024;
// Unknown paths: enough to read a refused request to its end.
constexpr std::size_t kUnknownRouteBytes = std::size_t{16} * 1024;

HttpResponse finished(HttpResponse&& response, std::string_view request_id) {
  finish_answer(response, request_id);
  return std::move(response);
}

// What is decided before the operation's own code, in the order that callers may learn it.
Result<void, Problem> admit(ApiCall& api) {
  if (api.route().callers != Callers::Anonymous) {
    if (const auto call = api.authorize(); !call) return fail(call.error());
  }
  SEALPOST_TRY_VOID(api.check_query());
  if (api.route().body != BodyForm::Form && api.route().body != BodyForm::Raw)
    SEALPOST_TRY_VOID(api.read_body());
  return {};
}

HttpResponse run(ApiCall& api) {
  Answer answer = [&]() -> Answer {
    SEALPOST_TRY_VOID(admit(api));
    return api.route().handle(api);
  }();
  if (answer) return finished(*std::move(answer), api.id_text());
  Problem problem = answer.error();
  // Minting has filed its own.
  if (api.route().callers != Callers::Anonymous) api.refused_calls().file(api.identity(), problem);
  return finished(problem_response(problem, api.id_text()), api.id_text());
}

}  // namespace

struct RestApi::State {
  Parts parts;
  ApiOptions options;
  Router router;
  Authenticator authenticator;

  [[nodiscard]] const PublicIdCodec& ids() const { return parts.operations.parts().ids; }
  [[nodiscard]] RequestId new_request() const { return {parts.positions.draw()}; }

  void refuse(const Problem& problem, RequestId request, Responder& responder) const {
    const std::string id = ids().encode(request);
    responder.send(finished(problem_response(problem, id), id));
  }
  // `problem` is why authenticate() knows no caller: filed if the token once was good, else counted.
  void note_unknown(const HttpRequest& head, const Route& route, RequestId id, Problem& problem) const;
  // Runs on the pool, or is refused there.
  void submit(std::unique_ptr<ApiCall> api, Responder responder) const;
  void accept(std::unique_ptr<ApiCall> api, Responder responder) const;
  void dispatch(const RouteMatch& match, HttpRequest&& request, RequestId id, Responder responder) const;
};

void RestApi::State::note_unknown(const HttpRequest& head, const Route& route, RequestId id,
                                  Problem& problem) const {
  const bool in_query = problem.code == PublicCode::TokenInQuery;
  const auto machine = in_query ? std::nullopt : authenticator.refused_machine(head);
  if (!machine) return parts.refusals.note_unknown_caller();
  // Whoever holds a token that is long dead may try every route: that is one thing, told by one kind of
  // record.
  CallIdentity who = identity_of(*machine, route, id, head.client);
  who.knows_caller = false;
  RefusedCalls(parts.operations, parts.refusals).file(who, problem);
}

void RestApi::State::submit(std::unique_ptr<ApiCall> api, Responder responder) const {
  // Shared, because a task that the pool refuses must leave something to answer with.
  auto work =
      std::make_shared<std::pair<std::unique_ptr<ApiCall>, Responder>>(std::move(api), std::move(responder));
  Task task = [this, work] {
    const std::string id = work->first->id_text();
    const std::string_view operation = work->first->route().operation_id;
    try {
      if (work->first->route().run == RunKind::Message)
        accept(std::move(work->first), std::move(work->second));
      else
        work->second.send(run(*work->first));
    } catch (const std::exception& error) {
      // A bug or a machine out of memory: told to the log, never to the caller.
      parts.log.error("operation_threw", {{"operation", operation}, {"what", error.what()}, {"request", id}});
      work->second.send(finished(problem_response(PublicCode::InternalError, id), id));
    }
  };
  if (!parts.pool.try_submit(std::move(task)))
    refuse(PublicCode::Overloaded, work->first->id(), work->second);
}

void RestApi::State::accept(std::unique_ptr<ApiCall> api, Responder responder) const {
  const auto admitted = admit(*api);
  if (admitted) return accept_messages(*api, std::move(responder));
  Problem problem = admitted.error();
  api->refused_calls().file(api->identity(), problem);
  refuse(problem, api->id(), responder);
}

void RestApi::State::dispatch(const RouteMatch& match, HttpRequest&& request, RequestId id,
                              Responder responder) const {
  const Route& route = *match.route;
  const auto refuse_unknown = [&](Problem problem) {
    note_unknown(request, route, id, problem);
    refuse(problem, id, responder);
  };
  if (has_token_in_query(request.target)) return refuse_unknown(PublicCode::TokenInQuery);
  if (route.run == RunKind::Webhook) {
    const std::string source(match.parameters[0]);
    return parts.inlet.receive(source, id, std::move(request), std::move(responder));
  }
  Caller caller;
  const WallTime now = parts.operations.now();
  if (route.callers != Callers::Anonymous) {
    auto known = authenticator.authenticate(request, now);
    if (!known) return refuse_unknown(known.error());
    caller = *std::move(known);
  }
  const bool small = request.body.size() <= kMaxInlineBody;
  auto api = std::make_unique<ApiCall>(ApiCall::Context{parts, options}, std::move(request), match, id,
                                       std::move(caller), now);
  if (route.run == RunKind::Inline) return responder.send(run(*api));
  if (route.run == RunKind::Message && small) return accept(std::move(api), std::move(responder));
  submit(std::move(api), std::move(responder));
}

RestApi::RestApi(Parts parts, const ApiOptions& options)
    : state_(std::make_unique<const State>(
          State{.parts = parts,
                .options = options,
                .router = Router(route_table()),
                .authenticator = Authenticator(parts.operations.parts().tokens, options.operator_uids)})) {}

RestApi::~RestApi() = default;

std::size_t RestApi::body_limit(std::string_view method, std::string_view path) {
  const RouteMatch match = state_->router.find(to_http_method(method), path);
  if (match.route == nullptr) return kUnknownRouteBytes;
  if (match.route->run == RunKind::Webhook) return state_->parts.inlet.body_limit(match.parameters[0]);
  return match.route->body_limit;
}

std::optional<HttpResponse> RestApi::refuse_body(const HttpRequest& head) {
  const Route* route = state_->router.find(head.method, head.target.path).route;
  if (route == nullptr || route->run == RunKind::Webhook || route->callers == Callers::Anonymous)
    return std::nullopt;
  const auto refused = [&](Problem problem) {
    const RequestId id = state_->new_request();
    state_->note_unknown(head, *route, id, problem);
    const std::string text = state_->ids().encode(id);
    return finished(problem_response(problem, text), text);
  };
  // In the order of dispatch().
  if (has_token_in_query(head.target)) return refused(PublicCode::TokenInQuery);
  const auto known = state_->authenticator.authenticate(head, state_->parts.operations.now());
  if (known) return std::nullopt;
  return refused(known.error());
}

void RestApi::handle(HttpRequest&& request, Responder responder) {
  const RequestId id = state_->new_request();
  const RouteMatch match = state_->router.find(request.method, request.target.path);
  if (match.route != nullptr) return state_->dispatch(match, std::move(request), id, std::move(responder));
  Problem problem(match.allow.empty() ? PublicCode::NotFound : PublicCode::MethodNotAllowed);
  problem.allow = match.allow;
  state_->refuse(problem, id, responder);
}

HttpResponse RestApi::protocol_error(ProtocolErrorKind kind, std::string_view) {
  // The server's own request id is shorter than the contract's.
  const std::string id = state_->ids().encode(state_->new_request());
  return finished(problem_response(public_code_of(kind), id), id);
}

}  // namespace sealpost
