#include "edge/answers/problem.h"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

namespace sealpost {
namespace {

// Seconds after which a refusal that may pass later is worth another try, when nobody knows better.
std::optional<Seconds> retry_after_of(const Problem& problem, const PublicCodeInfo& info) {
  if (problem.retry_after) return std::max(*problem.retry_after, Seconds(1));
  // Conflicts that pass by themselves, within the second that a checkpoint or a commit takes.
  if (problem.code == PublicCode::NotYetIntegrated || problem.code == PublicCode::IdempotencyInProgress)
    return Seconds(1);
  if (info.status != 429 && info.status != 503) return std::nullopt;
  return problem.code == PublicCode::Overloaded ? Seconds(1) : Seconds(5);
}

std::string bearer_challenge(const Problem& problem) {
  std::string text = R"(Bearer realm="sealpost")";
  switch (problem.code) {
    case PublicCode::InvalidToken:
    case PublicCode::ExpiredToken:
      return text + R"(, error="invalid_token")";
    case PublicCode::InsufficientScope: {
      text += R"(, error="insufficient_scope", scope=")";
      for (std::size_t i = 0; i < problem.required_scopes.size(); ++i) {
        if (i > 0) text += ' ';
        text += name_of(problem.required_scopes[i]);
      }
      return text + '"';
    }
    default:
      return text;
  }
}

// RFC 9110 section 11.6.1 and RFC 6750 section 3.
std::optional<std::string> challenge_of(const Problem& problem, const PublicCodeInfo& info) {
  if (info.status != 401 && problem.code != PublicCode::InsufficientScope) return std::nullopt;
  switch (problem.auth_scheme) {
    case AuthScheme::Basic:
      return R"(Basic realm="sealpost", charset="UTF-8")";
    case AuthScheme::Signature:
      return R"(Signature realm="sealpost")";
    case AuthScheme::Bearer:
      break;
  }
  return bearer_challenge(problem);
}

boost::json::array errors_of(const FieldErrors& errors) {
  boost::json::array out;
  for (const FieldError& error : errors) {
    boost::json::object one{{"pointer", error.pointer}, {"detail", error.message}};
    if (!error.nearest.empty()) one["nearest"] = error.nearest;
    out.push_back(std::move(one));
  }
  return out;
}

boost::json::array reasons_of(const std::vector<ReadinessGap>& gaps) {
  boost::json::array out;
  for (const ReadinessGap& gap : gaps) {
    boost::json::object one{{"reason", gap.reason}, {"detail", gap.detail}};
    if (!gap.resource_id.empty()) one["resource_id"] = gap.resource_id;
    out.push_back(std::move(one));
  }
  return out;
}

PublicCode code_of(JsonProblem problem) {
  switch (problem) {
    case JsonProblem::Malformed:
      return PublicCode::MalformedJson;
    case JsonProblem::TooDeep:
      return PublicCode::JsonTooDeep;
    case JsonProblem::DuplicateName:
      return PublicCode::DuplicateMember;
    case JsonProblem::TooLarge:
      return PublicCode::BodyTooLarge;
  }
  die(__FILE__, __LINE__, "a JSON problem without a code");
}

// An unknown member is named first: what is missing beside it is often what it was meant to be.
PublicCode code_of(const FieldErrors& errors) {
  return std::ranges::any_of(errors, &FieldError::unknown) ? PublicCode::UnknownField
                                                           : PublicCode::ValidationFailed;
}

// What the gate writes for its log is not for callers: what they may know is said by the code and the scope.
std::string told_to_caller(const AuthorizationRefusal& refusal) {
  if (!refusal.missing_scope) return {};
  return "The operation needs the scope " + std::string(refusal.missing_scope_name()) + ".";
}

}  // namespace

Problem::Problem(const OperationRefusal& refusal)
    : code(refusal.code), detail(refusal.detail), reasons(refusal.reasons) {
  for (const std::string& field : refusal.fields)
    errors.push_back(
        {.pointer = field,
         .message = refusal.detail.empty() ? std::string(public_code_info(code).title) : refusal.detail});
}

Problem::Problem(const AuthorizationRefusal& refusal) : code(refusal.code), detail(told_to_caller(refusal)) {
  if (refusal.missing_scope) required_scopes.push_back(*refusal.missing_scope);
}

Problem::Problem(const FieldErrors& fields) : code(code_of(fields)), errors(fields) {}

Problem::Problem(const JsonError& error) : code(code_of(error.problem)), detail(describe(error)) {}

boost::json::object problem_body(const Problem& problem, std::string_view request_id) {
  const PublicCodeInfo& info = public_code_info(problem.code);
  const std::string_view detail = problem.detail.empty() ? info.meaning : std::string_view(problem.detail);
  boost::json::object body{{"type", "/" + std::string(info.docs)},
                           {"title", info.title},
                           {"status", info.status},
                           {"detail", detail},
                           {"code", info.name},
                           {"action", info.action},
                           {"request_id", request_id}};
  if (!problem.refusal_id.empty()) body["refusal_id"] = problem.refusal_id;
  if (!problem.first_message_id.empty()) body["first_message_id"] = problem.first_message_id;
  if (!problem.required_scopes.empty()) {
    boost::json::array scopes;
    for (const Scope scope : problem.required_scopes) scopes.emplace_back(name_of(scope));
    body["required_scopes"] = std::move(scopes);
  }
  if (!problem.errors.empty()) body["errors"] = errors_of(problem.errors);
  if (!problem.reasons.empty()) body["reasons"] = reasons_of(problem.reasons);
  if (problem.oauth) {
    // RFC 6749 section 5.2; a refusal that it has no word for is a request that we can't serve.
    const bool server = info.status >= 500 || info.status == 429;
    body["error"] = !info.oauth_error.empty() ? info.oauth_error
                    : server                  ? "temporarily_unavailable"
                                              : "invalid_request";
    body["error_description"] = detail;
  }
  return body;
}

HttpResponse problem_response(const Problem& problem, std::string_view request_id) {
  const PublicCodeInfo& info = public_code_info(problem.code);
  SEALPOST_CHECK(info.status >= 400);  // a code that answers no request has no business here
  HttpResponse response =
      HttpResponse::problem(info.status, boost::json::serialize(problem_body(problem, request_id)));
  if (const auto wait = retry_after_of(problem, info))
    response.headers.set("Retry-After", std::to_string(wait->count()));
  if (const auto challenge = challenge_of(problem, info))
    response.headers.set("WWW-Authenticate", *challenge);
  if (!problem.allow.empty()) response.headers.set("Allow", problem.allow);
  return response;
}

void finish_answer(HttpResponse& response, std::string_view request_id) {
  response.headers.set("Request-Id", request_id);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
}

PublicCode public_code_of(ProtocolErrorKind kind) {
  switch (kind) {
    case ProtocolErrorKind::Malformed:
    case ProtocolErrorKind::AmbiguousFraming:
    case ProtocolErrorKind::BadHost:
    case ProtocolErrorKind::ExpectationFailed:
      return PublicCode::MalformedRequest;
    case ProtocolErrorKind::HeadTimeout:
    case ProtocolErrorKind::BodyTimeout:
      return PublicCode::RequestTimeout;
    case ProtocolErrorKind::BodyTooLarge:
      return PublicCode::BodyTooLarge;
    case ProtocolErrorKind::TargetTooLong:
      return PublicCode::UriTooLong;
    case ProtocolErrorKind::Misdirected:
      return PublicCode::MisdirectedRequest;
    case ProtocolErrorKind::HeadTooLarge:
      return PublicCode::HeaderTooLarge;
    case ProtocolErrorKind::Unanswered:
      return PublicCode::InternalError;
    case ProtocolErrorKind::UnsupportedCoding:
      return PublicCode::UnsupportedEncoding;
    case ProtocolErrorKind::TooBusy:
      return PublicCode::Overloaded;
    case ProtocolErrorKind::UnsupportedVersion:
      return PublicCode::HttpVersionNotSupported;
  }
  die(__FILE__, __LINE__, "a protocol error without a code");
}

}  // namespace sealpost
