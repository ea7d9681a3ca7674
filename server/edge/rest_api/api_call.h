// One request on its way through an operation: what was asked, by whom, and the few moves that operations
// share. It is made once the caller is known, and dies with the answer; a body that holds a secret is wiped
// then. One thread at a time.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "edge/rest_api/authenticator.h"
#include "edge/rest_api/refused_call.h"
#include "edge/rest_api/rest_api.h"
#include "edge/rest_api/route.h"
#include "edge/rest_api/router.h"
#include "flow/directory/revocation.h"
#include "flow/directory/visibility.h"
#include "foundation/json/object_reader.h"

namespace sealpost {

// What a call reaches, when the request names it: decides an operator's tenancy, and whether a narrowed scope
// does.
struct Target {
  Tenancy tenancy;
  std::optional<Position> resource;  // a channel or an endpoint
};

class ApiCall final {
 public:
  struct Context {
    const RestApi::Parts& parts;
    const ApiOptions& options;
  };
  ApiCall(Context context, HttpRequest&& request, const RouteMatch& match, RequestId id, Caller caller,
          WallTime at);
  ApiCall(const ApiCall&) = delete;
  ApiCall& operator=(const ApiCall&) = delete;
  ~ApiCall();

  [[nodiscard]] const RestApi::Parts& parts() const { return context_.parts; }
  [[nodiscard]] const ApiOptions& options() const { return context_.options; }
  [[nodiscard]] Operations& operations() const { return parts().operations; }
  [[nodiscard]] const Operations::Parts& base() const { return operations().parts(); }
  [[nodiscard]] const PublicIdCodec& ids() const { return base().ids; }
  [[nodiscard]] const Route& route() const { return *route_; }
  [[nodiscard]] const HttpRequest& request() const { return request_; }
  [[nodiscard]] RequestId id() const { return id_; }
  [[nodiscard]] const std::string& id_text() const { return id_text_; }
  [[nodiscard]] WallTime at() const { return at_; }
  [[nodiscard]] CallContext call_context() const { return {id_, request_.client, at_}; }
  // Null unless an operator calls.
  [[nodiscard]] const OperatorCaller* operator_caller() const {
    return std::get_if<OperatorCaller>(&caller_);
  }

  // ---- Reading the request ----
  [[nodiscard]] std::string_view parameter(std::size_t index) const { return parameters_[index]; }
  // The id in the path; not_found when this installation never made it.
  template <class IdType>
  Result<IdType, Problem> path_id(std::size_t index = 0) const {
    const auto id = ids().decode<IdType>(parameter(index));
    if (!id) return fail(Problem(PublicCode::NotFound));
    return *id;
  }
  // Refuses parameters that the route does not take, and repeated ones.
  Result<void, Problem> check_query() const;
  // Empty when it is not there.
  [[nodiscard]] std::string_view query(std::string_view name) const;
  template <class IdType>
  Result<IdType, Problem> query_id(std::string_view name) const {
    const std::string_view text = query(name);
    if (text.empty()) return IdType{};
    const auto id = ids().decode<IdType>(text);
    if (!id) return fail(query_problem(name, "There is no such thing, or it is of another kind."));
    return *id;
  }
  Result<std::optional<std::uint64_t>, Problem> query_number(std::string_view name, std::uint64_t min) const;
  [[nodiscard]] static Problem query_problem(std::string_view name, std::string message);
  // Checks media type and coding, and reads the body into body(). For the forms that are JSON.
  Result<void, Problem> read_body();
  [[nodiscard]] const boost::json::object& body() const { return body_.get_object(); }
  [[nodiscard]] std::string_view body_text() const { return as_text(request_.body); }
  // If-Match: the version the change was made for.
  Result<std::uint64_t, Problem> if_match() const;
  // Idempotency-Key, with what it covers.
  Result<Once, Problem> once() const;
  // Empty when it is not there.
  Result<std::string, Problem> idempotency_key() const;

  // ---- Who may ----
  // May the caller call this operation, for that target? Called without one before anything else is read.
  Result<AuthorizedCall, Problem> authorize(const Target& target = {}) const;
  // The same for what an id names, and may the caller know of it: answered before anything else that the
  // request says, so that nobody learns from a refusal of the rest what is there. An id that is not set names
  // nothing.
  template <class IdType>
  Result<AuthorizedCall, Problem> authorize_for(IdType id) const {
    return authorize_for(IdType::kKind, id.position);
  }
  Result<AuthorizedCall, Problem> authorize_for(EntityKind kind, Position position) const;
  [[nodiscard]] Target target_of(EntityKind kind, Position position) const;
  // For the record of a refusal. Nothing of this call is kept.
  [[nodiscard]] CallIdentity identity() const;
  [[nodiscard]] RefusedCalls refused_calls() const { return {operations(), parts().refusals}; }

  // ---- Writing the answer ----
  [[nodiscard]] static HttpResponse json(int status, const boost::json::value& body);
  [[nodiscard]] Answer resource(Operation<Resource> made) const;
  // A Location is given to what was created.
  [[nodiscard]] Answer made(Operation<Made> made, int status, std::string_view collection = {}) const;
  [[nodiscard]] Answer receipt(const Operation<RevocationReceipt>& receipt) const;
  [[nodiscard]] static Answer deleted(const Operation<RevocationReceipt>& receipt);

  // ---- Lists ----
  // `limit` and `cursor`; the cursor belongs to this operation, caller and `filters`.
  Result<PageQuery, Problem> page(const AuthorizedCall& call, EntityKind kind,
                                  std::string_view filters = {}) const;
  [[nodiscard]] Answer page_answer(const AuthorizedCall& call, EntityKind kind, Operation<PageView> view,
                                   std::string_view filters = {}) const;

 private:
  [[nodiscard]] std::string cursor_scope(const AuthorizedCall& call, std::string_view filters) const;
  [[nodiscard]] std::string route_text() const;
  // What an operator's request is about, by the first id in it that is one of ours: fills in the place.
  void name_place(CallIdentity& who) const;
  bool name_place(CallIdentity& who, std::string_view id) const;

  Context context_;
  HttpRequest request_;
  const Route* route_;
  std::array<std::string, kMaxPathParameters> parameters_;
  RequestId id_;
  std::string id_text_;
  Caller caller_;
  WallTime at_;
  boost::json::value body_;
};

// The operations that look the same for every resource.
template <class IdType, auto Read>
Answer read_one(ApiCall& api) {
  SEALPOST_TRY(const IdType id, api.path_id<IdType>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  return api.resource(Read(api.operations(), call, id));
}
// Lists that take integration_id.
template <EntityKind Kind, auto List>
Answer list_of_integration(ApiCall& api) {
  SEALPOST_TRY(const IntegrationId integration, api.query_id<IntegrationId>("integration_id"));
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(integration));
  const std::string filters(api.query("integration_id"));
  SEALPOST_TRY(const PageQuery page, api.page(call, Kind, filters));
  return api.page_answer(call, Kind, List(api.operations(), call, integration, page), filters);
}
// Lists of what one thing of the path owns.
template <class OwnerId, EntityKind Kind, auto List>
Answer list_of_owner(ApiCall& api) {
  SEALPOST_TRY(const OwnerId owner, api.path_id<OwnerId>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(owner));
  const std::string filters(api.parameter(0));
  SEALPOST_TRY(const PageQuery page, api.page(call, Kind, filters));
  return api.page_answer(call, Kind, List(api.operations(), call, owner, page), filters);
}
// Deletions under If-Match.
template <class IdType, auto Delete>
Answer delete_one(ApiCall& api) {
  SEALPOST_TRY(const IdType id, api.path_id<IdType>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  SEALPOST_TRY(const std::uint64_t version, api.if_match());
  return api.deleted(Delete(api.operations(), call, id, version));
}
// What ends access, for a reason.
template <class IdType, auto End>
Answer end_one(ApiCall& api) {
  SEALPOST_TRY(const IdType id, api.path_id<IdType>());
  SEALPOST_TRY(const AuthorizedCall call, api.authorize_for(id));
  ObjectReader reader(api.body());
  const std::string_view reason = reader.string("reason", {.min = 1, .max = 500});
  SEALPOST_TRY_VOID(reader.finish());
  SEALPOST_TRY(const Once once, api.once());
  return api.receipt(End(api.operations(), call, id, reason, once));
}

// A patch must name something.
Result<void, Problem> check_patch(const boost::json::object& body);

}  // namespace sealpost
