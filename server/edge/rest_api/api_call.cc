#include "edge/rest_api/api_call.h"

#include <algorithm>

#include <boost/json.hpp>

#include "domain/tlog/leaf.h"
#include "edge/rest_api/internal/request_reading.h"
#include "edge/rest_api/secret_answer.h"
#include "flow/directory/page_cursor.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxCursorText = 512;
// What has a place of its own.
constexpr std::array kPlacedKinds{EntityKind::Organization, EntityKind::Workspace, EntityKind::Integration,
                                  EntityKind::Source,       EntityKind::Endpoint,  EntityKind::Channel,
                                  EntityKind::Subscription, EntityKind::Grant,     EntityKind::Credential,
                                  EntityKind::SigningKey,   EntityKind::Message,   EntityKind::Delivery};

void wipe(boost::json::value& value) {
  if (auto* text = value.if_string()) wipe_memory(text->data(), text->size());
  if (auto* object = value.if_object())
    for (auto& member : *object) wipe(member.value());
}

std::string etag_of(std::uint64_t version) { return '"' + std::to_string(version) + '"'; }

}  // namespace

ApiCall::ApiCall(Context context, HttpRequest&& request, const RouteMatch& match, RequestId id, Caller caller,
                 WallTime at)
    : context_(context),
      route_(match.route),
      id_(id),
      id_text_(context.parts.operations.parts().ids.encode(id)),
      caller_(std::move(caller)),
      at_(at) {
  // The parameters are views into the path: copied before the request moves.
  for (std::size_t i = 0; i < match.parameter_count; ++i) parameters_[i] = match.parameters[i];
  request_ = std::move(request);
}

ApiCall::~ApiCall() {
  if (!route_->holds_secret) return;
  wipe_memory(request_.body.data(), request_.body.size());
  wipe(body_);
}

// ---- Reading the request
// -----------------------------------------------------------------------------------

Problem ApiCall::query_problem(std::string_view name, std::string message) {
  FieldErrors errors;
  errors.push_back({.pointer = "?" + std::string(name), .message = std::move(message)});
  return Problem(errors);
}

Result<void, Problem> ApiCall::check_query() const {
  const FieldErrors errors = judge_query(request_.target, route_->query);
  if (!errors.empty()) return fail(Problem(errors));
  return {};
}

std::string_view ApiCall::query(std::string_view name) const {
  return find_parameter(request_.target, name).first;
}

Result<std::optional<std::uint64_t>, Problem> ApiCall::query_number(std::string_view name,
                                                                    std::uint64_t min) const {
  if (find_parameter(request_.target, name).count == 0) return std::optional<std::uint64_t>();
  const auto number = read_number(query(name));
  if (!number || *number < min || *number > kMaxLeafSequence)
    return fail(query_problem(name, "Must be a whole number, at least " + std::to_string(min) + "."));
  return number;
}

Result<void, Problem> ApiCall::read_body() {
  if (request_.headers.find("Content-Encoding").count > 0)
    return fail(Problem(PublicCode::UnsupportedEncoding));
  if (route_->body != BodyForm::Json && request_.body.empty()) {
    body_.emplace_object();
    return {};
  }
  if (!is_json(request_.headers.sole("Content-Type"))) return fail(Problem(PublicCode::UnsupportedMediaType));
  auto parsed = parse_json(body_text());
  if (!parsed) return fail(Problem(parsed.error()));
  body_ = *std::move(parsed);
  if (!body_.is_object()) {
    FieldErrors errors;
    errors.push_back({.pointer = "", .message = "The body must be a JSON object."});
    return fail(Problem(errors));
  }
  if (route_->body != BodyForm::None) return {};
  ObjectReader nothing(body());
  SEALPOST_TRY_VOID(nothing.finish());
  return {};
}

Result<std::uint64_t, Problem> ApiCall::if_match() const {
  const auto version = read_if_match(request_.headers);
  if (!version) return fail(Problem(version.error()));
  return *version;
}

Result<std::string, Problem> ApiCall::idempotency_key() const {
  const auto key = read_idempotency_key(request_.headers);
  if (!key) return fail(Problem(key.error()));
  return std::string(*key);
}

std::string ApiCall::route_text() const { return request_.method_text + ' ' + request_.target.path; }

Result<Once, Problem> ApiCall::once() const {
  SEALPOST_TRY(std::string key, idempotency_key());
  return Once{.route = route_text(), .key = std::move(key), .body = request_.body};
}

// ---- Who may
// -----------------------------------------------------------------------------------------------

Target ApiCall::target_of(EntityKind kind, Position position) const {
  if (position == 0) return {};
  const auto picture = operations().picture();
  const auto place = placement_of(*picture->directory, kind, position);
  if (!place) return {};
  const bool narrowable = kind == EntityKind::Channel || kind == EntityKind::Endpoint;
  return {.tenancy = place->tenancy, .resource = narrowable ? std::optional(position) : std::nullopt};
}

Result<AuthorizedCall, Problem> ApiCall::authorize(const Target& target) const {
  const auto picture = operations().picture();
  const bool for_operators =
      route_->callers == Callers::Operator || route_->callers == Callers::MachineOrOperator;
  RequiredAccess required{.scope = route_->scope.value_or(Scope::IntegrationsManage),
                          .environment = {},
                          .resource = {},
                          .reveals = route_->reveals,
                          .operator_only = route_->callers == Callers::Operator};
  if (const auto* machine = std::get_if<TokenClaims>(&caller_)) {
    // What belongs to another organization is as if it were not there; the flow says so.
    const bool own = target.tenancy.organization == machine->tenancy.organization;
    if (own && target.tenancy.environment == machine->tenancy.environment)
      required.resource = target.resource;
    auto call = base().gate.authorize(*picture->directory, *machine, required, call_context());
    if (!call) return fail(Problem(call.error()));
    return *std::move(call);
  }
  const auto* caller = std::get_if<OperatorCaller>(&caller_);
  if (caller == nullptr) return fail(Problem(PublicCode::MissingToken));
  if (!for_operators) return fail(Problem(PublicCode::OperatorNotAllowed));
  // The table has said that it is the operator's operation; the gate still refuses what reveals payloads or
  // secrets.
  required.operator_only = true;
  auto call = base().gate.authorize_operator(*picture->directory, caller->claims, target.tenancy, required,
                                             call_context());
  if (!call) return fail(Problem(call.error()));
  return *std::move(call);
}

Result<AuthorizedCall, Problem> ApiCall::authorize_for(EntityKind kind, Position position) const {
  SEALPOST_TRY(AuthorizedCall call, authorize(target_of(kind, position)));
  if (position == 0) return call;
  const auto picture = operations().picture();
  const auto reached = judge_reach(*picture->directory, call, kind, position);
  if (!reached) return fail(Problem(reached.error()));
  return call;
}

bool ApiCall::name_place(CallIdentity& who, std::string_view id) const {
  const auto picture = operations().picture();
  for (const EntityKind kind : kPlacedKinds) {
    const auto position = ids().decode(kind, id);
    if (!position) continue;
    auto place = placement_of(*picture->directory, kind, *position);
    if (!place) place = parts().history.placement(kind, *position);
    if (!place) return false;
    who.tenancy = place->tenancy;
    who.integration = place->integration;
    if (kind == EntityKind::Workspace) who.workspace = {*position};
    if (kind == EntityKind::Channel)
      who.workspace = picture->directory->find(ChannelId{*position})->workspace;
    return true;
  }
  return false;
}

void ApiCall::name_place(CallIdentity& who) const {
  for (const std::string& parameter : parameters_)
    if (name_place(who, parameter)) return;
  for (const QueryParameter& one : request_.target.query)
    if (name_place(who, one.value)) return;
  const auto* body = body_.if_object();
  if (body == nullptr) return;
  for (const auto& member : *body)
    if (const auto* text = member.value().if_string(); text != nullptr && name_place(who, *text)) return;
}

CallIdentity ApiCall::identity() const {
  if (const auto* machine = std::get_if<TokenClaims>(&caller_))
    return identity_of(*machine, *route_, id_, request_.client);
  CallIdentity who{.route = route_,
                   .request = id_,
                   .client = request_.client,
                   .tenancy = {},
                   .integration = {},
                   .workspace = {},
                   .caller = {}};
  const auto* caller = std::get_if<OperatorCaller>(&caller_);
  if (caller == nullptr) return who;
  who.caller.kind = CallerKind::Operator;
  who.caller.position = Position{caller->claims.uid} + 1;
  who.caller.shown = caller->over_socket ? "peer_credentials" : "bearer_token";
  who.caller.token = caller->claims.token;
  name_place(who);
  return who;
}

// ---- Writing the answer
// ------------------------------------------------------------------------------------

HttpResponse ApiCall::json(int status, const boost::json::value& body) {
  return HttpResponse::json(status, boost::json::serialize(body));
}

Answer ApiCall::resource(Operation<Resource> read) const {
  if (!read) return fail(Problem(read.error()));
  HttpResponse response = json(200, read->body);
  if (read->version > 0) response.headers.set("ETag", etag_of(read->version));
  return response;
}

Answer ApiCall::made(Operation<Made> made, int status, std::string_view collection) const {
  if (!made) return fail(Problem(made.error()));
  boost::json::object& body = made->resource.body;
  if (made->secret) body[made->secret_member] = shown_once(*std::move(made->secret));
  HttpResponse response = json(status, body);
  if (made->resource.version > 0) response.headers.set("ETag", etag_of(made->resource.version));
  if (!collection.empty())
    response.headers.set("Location", std::string(collection) + '/' +
                                         ids().encode(made->resource.kind, made->resource.position));
  if (made->repeated) response.headers.set("Idempotency-Replayed", "true");
  return response;
}

Answer ApiCall::receipt(const Operation<RevocationReceipt>& receipt) const {
  if (!receipt) return fail(Problem(receipt.error()));
  const auto picture = operations().picture();
  HttpResponse response = json(200, view_of(view_context(operations(), *picture->directory), *receipt));
  if (receipt->repeated) response.headers.set("Idempotency-Replayed", "true");
  return response;
}

Answer ApiCall::deleted(const Operation<RevocationReceipt>& receipt) {
  if (!receipt) return fail(Problem(receipt.error()));
  return HttpResponse::empty(204);
}

// ---- Lists
// -------------------------------------------------------------------------------------------------

std::string ApiCall::cursor_scope(const AuthorizedCall& call, std::string_view filters) const {
  return std::string(route_->operation_id) + '|' + std::to_string(call.tenancy().organization.position) +
         '|' + std::string(name_of(call.tenancy().environment)) + '|' +
         std::to_string(call.integration().position) + '|' + std::string(filters);
}

Result<PageQuery, Problem> ApiCall::page(const AuthorizedCall& call, EntityKind kind,
                                         std::string_view filters) const {
  PageQuery page;
  SEALPOST_TRY(const auto limit, query_number("limit", 1));
  if (limit && *limit > 200) return fail(query_problem("limit", "At most 200."));
  if (limit) page.limit = static_cast<std::uint32_t>(*limit);
  const std::string_view text = query("cursor");
  if (text.empty()) return page;
  const auto after = text.size() > kMaxCursorText
                         ? std::nullopt
                         : read_cursor(base().vault, ids(), kind, cursor_scope(call, filters), text);
  if (!after) return fail(Problem(PublicCode::InvalidCursor));
  page.after = *after;
  return page;
}

Answer ApiCall::page_answer(const AuthorizedCall& call, EntityKind kind, Operation<PageView> view,
                            std::string_view filters) const {
  if (!view) return fail(Problem(view.error()));
  boost::json::value next = nullptr;
  if (view->next) next = make_cursor(base().vault, ids(), kind, cursor_scope(call, filters), *view->next);
  return json(200, boost::json::object{{"items", std::move(view->items)}, {"next_cursor", std::move(next)}});
}

Result<void, Problem> check_patch(const boost::json::object& body) {
  if (!body.empty()) return {};
  FieldErrors errors;
  errors.push_back({.pointer = "", .message = "Name at least one field that changes."});
  return fail(Problem(errors));
}

}  // namespace sealpost
