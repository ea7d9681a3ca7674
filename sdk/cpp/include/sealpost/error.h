// Why a call of the client failed, in a form that a program can act on.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealpost::sdk {

enum class ErrorCategory {
  Configuration,  // the client or the call can't work as it is written; nothing was sent
  Connection,     // no answer came
  Protocol,       // an answer came that no gateway gives: a proxy's page, or damage
  Stopped,        // by the stop token
  // What the gateway says, as contract/errors.yaml sorts its codes:
  Auth,
  State,
  Request,
  Limit,
  Server,
};
[[nodiscard]] std::string_view name(ErrorCategory category);

struct FieldProblem {
  std::string pointer;  // RFC 6901, into the body
  std::string detail;
};

// Holds neither secrets nor payloads, so that it may be logged whole.
struct Error {
  ErrorCategory category = ErrorCategory::Server;
  std::string code{};        // of contract/errors.yaml; the list may grow
  int status = 0;            // of the HTTP answer; 0: there was none
  std::string request_id{};  // name it when asking for help
  bool retryable = false;    // the very same call may pass later; the client has already repeated it
  std::string title{};
  std::string detail{};
  std::optional<std::chrono::seconds> retry_after{};
  std::vector<std::string> required_scopes{};
  std::vector<FieldProblem> fields{};
  std::string idempotency_key{};  // of the call; give it again to repeat the very same message safely
  int attempts = 0;               // requests sent for the call, those for a token left out
};

// One line for logs: category, code, status, request id, and the sentence for people.
[[nodiscard]] std::string to_string(const Error& error);

}  // namespace sealpost::sdk
