// Made by tools/generate_errors.py from contract/errors.yaml. Change that file, never this one.
//
// The one public enum of refusals and outcomes. Every module maps its own errors onto it at the border; the
// name is what callers, SDKs, records and docs/errors.md share. Numbers are not stable: store and send names.
// Constants and pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sealpost {

enum class PublicCode : std::uint8_t {
  MissingSignature,
  MalformedHeader,
  TimestampExpired,
  TimestampInFuture,
  BadSignature,
  UnknownKey,
  RetiredKey,
  KeyCompromised,
  Replayed,
  UnexpectedAudience,
  ChallengeRefused,
  EventTypeNotAllowed,
  EventTypeMismatch,
  NetworkNotAllowed,
  GrantNotActive,
  Suspended,
  IntegrationNotActive,
  IntegrationRevoked,
  SourceDisabled,
  EndpointDisabled,
  WrongEnvironment,
  LifecycleNotReady,
  LifecycleTransitionRefused,
  RehearsalFailed,
  PayloadErased,
  DeliveryInProgress,
  ForbiddenAddress,
  InsecureUrl,
  SecretReused,
  SecretAlreadyShown,
  WeakSecret,
  SigningKeyMissing,
  NotYetIntegrated,
  Conflict,
  PreconditionFailed,
  IdempotencyMismatch,
  IdempotencyInProgress,
  MalformedRequest,
  MalformedJson,
  DuplicateMember,
  JsonTooDeep,
  ValidationFailed,
  UnknownField,
  InvalidCursor,
  InvalidIdempotencyKey,
  PreconditionRequired,
  UnsupportedMediaType,
  UnsupportedEncoding,
  MethodNotAllowed,
  NotFound,
  UnknownSource,
  MisdirectedRequest,
  TokenInQuery,
  LoopDetected,
  HttpVersionNotSupported,
  MissingToken,
  InvalidToken,
  ExpiredToken,
  InsufficientScope,
  ResourceNotInScope,
  OperatorOnly,
  OperatorNotAllowed,
  InvalidClient,
  UnsupportedGrantType,
  InvalidScope,
  BodyTooLarge,
  HeaderTooLarge,
  UriTooLong,
  RequestTimeout,
  TooManyItems,
  ResourceLimitReached,
  RateLimited,
  QuotaExceeded,
  Overloaded,
  StoreUnavailable,
  OutcomeUnknown,
  KeyUnavailable,
  StateRolledBack,
  InternalError,
  Unreachable,
  NameNotResolved,
  ConnectFailed,
  TlsFailed,
  ConnectionLost,
  ReceiverTimeout,
  ReceiverError,
  ReceiverThrottled,
  ReceiverGone,
  RedirectRefused,
  ResponseTooLarge,
  AttemptsExhausted,
};
inline constexpr std::size_t kPublicCodeCount = 91;

enum class CodeCategory : std::uint8_t { Signature, State, Request, Auth, Limit, Server, Delivery };
// May the same request pass? AfterChange: once what the code names is repaired.
enum class CodeRetry : std::uint8_t { Never, Later, AfterChange };
// What part of the way failed, for an attempt that ended with the code.
enum class FailureClass : std::uint8_t { None, Authorization, Signing, Network, Receiver, Policy };

struct PublicCodeInfo {
  PublicCode code;
  std::string_view name;
  std::uint16_t status;  // of the HTTP answer; 0 when the code never answers a request
  CodeCategory category;
  CodeRetry retry;
  FailureClass failure_class;
  bool anonymous;  // may be told to a caller that has proven nothing
  std::string_view title;
  std::string_view meaning;
  std::string_view action;
  std::string_view oauth_error;  // RFC 6749 section 5.2, empty when it has none
  std::string_view docs;         // page and anchor within the repository and the served documentation
};

[[nodiscard]] const PublicCodeInfo& public_code_info(PublicCode code);
[[nodiscard]] std::span<const PublicCodeInfo> all_public_codes();
[[nodiscard]] std::optional<PublicCode> find_public_code(std::string_view name);
[[nodiscard]] inline std::string_view to_string(PublicCode code) { return public_code_info(code).name; }
// Lower-case word, as answers and records carry it; empty for None.
[[nodiscard]] std::string_view to_string(FailureClass failure_class);

}  // namespace sealpost
