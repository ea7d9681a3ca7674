#include <algorithm>
#include <array>

#include "edge/rest_api/api_call.h"
#include "edge/rest_api/basic_credentials.h"
#include "edge/rest_api/form_body.h"
#include "edge/rest_api/internal/routes.h"
#include "edge/rest_api/secret_answer.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxTokenRequest = std::size_t{8} * 1024;
constexpr std::array<std::string_view, 4> kFields{"grant_type", "client_id", "client_secret", "scope"};

// RFC 6749 section 5.2: `error` beside our code, and a Basic challenge for who came without a client.
Problem refused(Problem problem) {
  problem.oauth = true;
  problem.auth_scheme = AuthScheme::Basic;
  return problem;
}
Problem refused(PublicCode code, std::string detail = {}) {
  return refused(Problem(code, std::move(detail)));
}

bool is_form(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return equal_ignoring_case(type, "application/x-www-form-urlencoded");
}

Result<FormBody, Problem> read_form(const ApiCall& api) {
  const auto& headers = api.request().headers;
  if (headers.find("Content-Encoding").count > 0) return fail(refused(PublicCode::UnsupportedEncoding));
  if (!is_form(headers.sole("Content-Type"))) return fail(refused(PublicCode::UnsupportedMediaType));
  auto form = FormBody::parse(api.body_text());
  if (!form)
    return fail(refused(PublicCode::MalformedRequest, "The body is no form, or a field stands in it twice."));
  FieldErrors errors;
  for (const std::string_view name : form->names()) {
    if (std::ranges::find(kFields, name) != kFields.end()) continue;
    FieldError error{
        .pointer = "/" + std::string(name), .message = "No such field.", .nearest = {}, .unknown = true};
    if (const auto near = nearest_name(name, kFields)) error.nearest = *near;
    errors.push_back(std::move(error));
  }
  if (!errors.empty()) return fail(refused(Problem(errors)));
  return *std::move(form);
}

// Nobody that we know says that it is a client.
Problem nobody(const ApiCall& api) {
  api.parts().refusals.note_unknown_caller();
  return refused(PublicCode::InvalidClient);
}

Answer token_create(ApiCall& api) {
  SEALPOST_TRY(const FormBody form, read_form(api));
  const auto basic = BasicCredentials::read(api.request().headers);
  if (!basic && basic.error() == AuthorizationError::Malformed) return fail(nobody(api));
  const bool in_form = form.find("client_id").has_value() || form.find("client_secret").has_value();
  if (basic && in_form)
    return fail(
        refused(PublicCode::MalformedRequest, "Name the client in the form or in HTTP Basic, not in both."));
  const auto grant_type = form.find("grant_type");
  if (!grant_type) return fail(refused(PublicCode::MalformedRequest, "The field grant_type is missing."));
  if (*grant_type != "client_credentials") return fail(refused(PublicCode::UnsupportedGrantType));

  const MintRequest request{
      .client_id = basic ? basic->user() : form.find("client_id").value_or(""),
      .client_secret = basic ? basic->password() : form.find("client_secret").value_or(""),
      .scope = form.find("scope").value_or("")};
  if (request.client_id.empty() || request.client_secret.empty()) return fail(nobody(api));
  auto minted = api.parts().minting.mint(request, api.call_context());
  if (!minted) {
    Problem problem = refused(minted.error().code, minted.error().detail);
    problem.retry_after = minted.error().retry_after;
    if (minted.error().refusal) problem.refusal_id = api.ids().encode(*minted.error().refusal);
    return fail(std::move(problem));
  }
  HttpResponse response =
      ApiCall::json(200, boost::json::object{{"access_token", shown_once(std::move(minted->token))},
                                             {"token_type", "Bearer"},
                                             {"expires_in", minted->lifetime.count()},
                                             {"scope", minted->scope}});
  response.headers.set("Pragma", "no-cache");  // RFC 6749 section 5.1
  return response;
}

}  // namespace

std::span<const Route> token_routes() {
  static constexpr std::array<Route, 1> kRoutes{{
      {.method = HttpMethod::Post,
       .path = "/v1/oauth/token",
       .operation_id = "token_create",
       .callers = Callers::Anonymous,
       .body = BodyForm::Form,
       .body_limit = kMaxTokenRequest,
       .holds_secret = true,
       .handle = token_create},
  }};
  return kRoutes;
}

}  // namespace sealpost
