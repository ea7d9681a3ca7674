// A refusal on its way out: RFC 9457 problem details with the members of the contract's Problem schema, and
// the headers that its status asks for. A Problem has no place for a secret, an internal detail or a stack;
// what a code means and what to do about it come from contract/errors.yaml. Values and pure functions,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "access/authorization/authorization_gate.h"
#include "domain/model/public_code.h"
#include "edge/http_server/http_handler.h"
#include "flow/directory/operation.h"
#include "foundation/http_types/http_message.h"
#include "foundation/json/json.h"
#include "foundation/json/object_reader.h"

namespace sealpost {

// Which WWW-Authenticate a 401 or 403 carries.
enum class AuthScheme : std::uint8_t { Bearer, Basic, Signature };

struct Problem {
  // NOLINTNEXTLINE(google-explicit-constructor): `return fail(PublicCode::…);`
  Problem(PublicCode what, std::string why = {}) : code(what), detail(std::move(why)) {}
  // Each adds what its module knows; for SEALPOST_TRY.
  explicit Problem(const OperationRefusal& refusal);
  explicit Problem(const AuthorizationRefusal& refusal);
  explicit Problem(const FieldErrors& errors);
  explicit Problem(const JsonError& error);

  PublicCode code;
  std::string detail;
  FieldErrors errors{};
  std::vector<ReadinessGap> reasons{};
  std::vector<Scope> required_scopes{};
  std::optional<Seconds> retry_after{};
  std::string refusal_id{};
  std::string first_message_id{};
  std::string allow{};  // of a 405
  AuthScheme auth_scheme = AuthScheme::Bearer;
  bool oauth = false;  // at /v1/oauth/token: `error` and `error_description` stand beside
};

// The body. `request_id` is a public id.
[[nodiscard]] boost::json::object problem_body(const Problem& problem, std::string_view request_id);
// The whole answer, without what finish_answer() adds.
[[nodiscard]] HttpResponse problem_response(const Problem& problem, std::string_view request_id);

// What every answer carries: Request-Id, Cache-Control: no-store, X-Content-Type-Options: nosniff.
void finish_answer(HttpResponse& response, std::string_view request_id);

// How a refusal of the HTTP server itself is told.
[[nodiscard]] PublicCode public_code_of(ProtocolErrorKind kind);

}  // namespace sealpost
