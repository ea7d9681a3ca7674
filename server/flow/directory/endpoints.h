// HTTP receivers. A new endpoint gets its signing keys at once: one for each version it signs with; the `v1`
// secret is shown in the first answer only. The URL's query and the values of custom headers are secrets:
// they lie sealed in the store and show masked.
#pragma once

#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"

namespace sealpost {

inline constexpr std::uint32_t kDefaultRotateEveryDays = 90;

struct EndpointSignatures {
  bool v1 = true;
  bool v1a = false;
};
// Failures in a row, where nothing else is said.
inline constexpr std::uint32_t kBreakerThreshold = 10;

struct NewEndpoint {
  IntegrationId integration;
  std::string name;
  std::string url;
  EndpointBody body = EndpointBody::Wrapped;
  EndpointSignatures signatures;
  std::vector<CustomHeader> headers;
  std::vector<std::uint32_t> retry_schedule_seconds;
  std::optional<std::uint32_t> timeout_ms;
  std::optional<std::uint32_t> max_concurrency;
  std::optional<std::uint32_t> breaker_threshold;
  Once once;
};
struct EndpointChange {
  std::optional<std::string> name;
  std::optional<EndpointState> state;  // Active or Disabled
  std::optional<std::string> url;
  std::optional<EndpointBody> body;
  std::optional<EndpointSignatures> signatures;  // a version that has no key yet gets one
  std::optional<std::vector<CustomHeader>> headers;
  std::optional<std::vector<std::uint32_t>> retry_schedule_seconds;
  std::optional<std::uint32_t> timeout_ms;
  std::optional<std::uint32_t> max_concurrency;
  std::optional<std::uint32_t> breaker_threshold;
};
// The contract's EndpointCreated.
Operation<Made> create_endpoint(Operations& operations, const AuthorizedCall& call,
                                const NewEndpoint& request);
Operation<Resource> read_endpoint(Operations& operations, const AuthorizedCall& call, EndpointId id);
Operation<PageView> list_endpoints(Operations& operations, const AuthorizedCall& call,
                                   IntegrationId integration, const PageQuery& page);
Operation<Resource> update_endpoint(Operations& operations, const AuthorizedCall& call, EndpointId id,
                                    const EndpointChange& change, std::uint64_t if_version);
Operation<RevocationReceipt> delete_endpoint(Operations& operations, const AuthorizedCall& call,
                                             EndpointId id, std::optional<std::uint64_t> if_version = {});

}  // namespace sealpost
