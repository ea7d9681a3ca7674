// The table of operations: one row for each of contract/openapi.yaml, with all that is decided before an
// operation's own code runs. Whoever adds an operation adds a row and a function. Constants, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/model/scopes.h"
#include "domain/policy/access_policy.h"
#include "edge/answers/problem.h"
#include "foundation/http_types/http_message.h"

namespace sealpost {

class ApiCall;

// Who may call; the contract's x-callers.
enum class Callers : std::uint8_t { Anonymous, Machine, Operator, MachineOrOperator };

enum class BodyForm : std::uint8_t {
  None,          // empty, or an empty JSON object
  Json,          // an object
  OptionalJson,  // an object, all of whose members may be left out; empty: the same as {}
  Form,          // application/x-www-form-urlencoded
  Raw,           // whatever it is
};

// How it runs.
enum class RunKind : std::uint8_t {
  Pool,     // on a pool thread; may wait for the store
  Inline,   // on the socket thread, at once
  Message,  // acceptance answers later
  Webhook,  // the inlet's
};

using Answer = Result<HttpResponse, Problem>;

struct Route {
  HttpMethod method = HttpMethod::Get;
  std::string_view path;          // `/v1/sources/{source_id}:verb`
  std::string_view operation_id;  // the contract's
  Callers callers = Callers::Operator;
  std::optional<Scope> scope{};  // what a machine's token must hold
  std::string_view query{};      // parameters it takes, separated by spaces; "*": any
  BodyForm body = BodyForm::None;
  std::size_t body_limit = 1024;
  Reveals reveals = Reveals::Metadata;
  bool holds_secret = false;  // its body is wiped once it was answered
  RunKind run = RunKind::Pool;
  Answer (*handle)(ApiCall&) = nullptr;  // null for Message and Webhook
};

// In the order of the contract.
[[nodiscard]] std::span<const Route> route_table();
// The same for people and tests: [{"method","path","operation_id","callers","scopes","query"}].
[[nodiscard]] std::string route_table_json();

}  // namespace sealpost
