#include "flow/directory/endpoints.h"

#include <algorithm>
#include <array>

#include "domain/policy/custom_header.h"
#include "domain/policy/retry_schedule.h"
#include "flow/directory/internal/key_making.h"
#include "foundation/http_types/headers.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxHeaders = 20;
constexpr std::size_t kMaxUrlBytes = 2048;

Failure<OperationRefusal> bad(std::string field, const char* detail) {
  return refuse(PublicCode::ValidationFailed, detail, {std::move(field)});
}

Operation<void> judge_url(const Operations& operations, const Tenancy& tenancy, std::string_view url) {
  if (url.empty() || url.size() > kMaxUrlBytes) return bad("/url", "1 to 2048 octets");
  const auto refused = operations.parts().judge_endpoint(tenancy, url);
  if (!refused) return {};
  switch (*refused) {
    case EgressRefusal::MalformedUrl:
      return bad("/url", "not an absolute URL without a fragment");
    case EgressRefusal::UserInfo:
      return bad("/url", "a URL carries no user info");
    case EgressRefusal::Scheme:
    case EgressRefusal::PlainHttp:
      return refuse(PublicCode::InsecureUrl, {}, {"/url"});
    default:
      return refuse(PublicCode::ForbiddenAddress, {}, {"/url"});
  }
}

Operation<void> judge_headers(const std::vector<CustomHeader>& headers) {
  if (headers.size() > kMaxHeaders) return refuse(PublicCode::TooManyItems, "at most 20", {"/headers"});
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string at = "/headers/" + std::to_string(i);
    const auto judged = judge_custom_header(headers[i].name, headers[i].value);
    if (!judged && judged.error() == HeaderRefusal::Value) return bad(at + "/value", "not a header's value");
    if (!judged) return bad(at + "/name", "a header that may not be set");
    for (std::size_t before = 0; before < i; ++before)
      if (equal_ignoring_case(headers[before].name, headers[i].name)) return bad(at + "/name", "named twice");
  }
  return {};
}

Operation<void> judge_endpoint(const Endpoint& endpoint) {
  if (!is_name(endpoint.name)) return bad("/name", "1 to 200 characters");
  if (!endpoint.sign_v1 && !endpoint.sign_v1a) return bad("/signatures", "at least one of v1 and v1a");
  if (endpoint.timeout_ms < 100 || endpoint.timeout_ms > 60'000) return bad("/timeout_ms", "100 to 60000");
  if (endpoint.max_concurrency < 1 || endpoint.max_concurrency > 1'000)
    return bad("/max_concurrency", "1 to 1000");
  if (endpoint.breaker_threshold > 1'000) return bad("/breaker_threshold", "0 to 1000");
  if (endpoint.retry_schedule_seconds.size() > kMaxRetries)
    return refuse(PublicCode::TooManyItems, "at most 20 waits", {"/retry_schedule_seconds"});
  for (const std::uint32_t seconds : endpoint.retry_schedule_seconds)
    if (seconds > kMaxRetrySeconds) return bad("/retry_schedule_seconds", "a wait of more than 7 days");
  return judge_headers(endpoint.headers);
}

template <class T>
void take(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

// Scheme, host and port as they are written: another spelling counts as another address.
std::string_view authority_of(std::string_view url) {
  const std::size_t host = std::min(url.find("://"), url.size());
  return url.substr(0, url.find_first_of("/?#", std::min(host + 3, url.size())));
}

Operation<void> apply_change(Endpoint& endpoint, const EndpointChange& change) {
  if (endpoint.state == EndpointState::Deleted)
    return refuse(PublicCode::Conflict, "the endpoint is deleted");
  // Who only sees masked header values must not have them sent elsewhere.
  if (change.url && !change.headers && !endpoint.headers.empty() &&
      authority_of(*change.url) != authority_of(endpoint.url))
    return bad("/headers", "give them again, or an empty list: their values belong to the present address");
  take(change.name, endpoint.name);
  take(change.url, endpoint.url);
  take(change.body, endpoint.body);
  take(change.headers, endpoint.headers);
  take(change.retry_schedule_seconds, endpoint.retry_schedule_seconds);
  take(change.timeout_ms, endpoint.timeout_ms);
  take(change.max_concurrency, endpoint.max_concurrency);
  take(change.breaker_threshold, endpoint.breaker_threshold);
  if (change.signatures) {
    endpoint.sign_v1 = change.signatures->v1;
    endpoint.sign_v1a = change.signatures->v1a;
  }
  if (change.state && *change.state != endpoint.state) {
    endpoint.state = *change.state;
    endpoint.state_reason.clear();
  }
  return judge_endpoint(endpoint);
}

struct NewKey {
  SigningKey record;
  KeyMaterial material;
};

// A key for each version that the endpoint signs with and has none for.
Operation<std::vector<NewKey>> missing_keys(const Operations& operations, const DirectorySnapshot& picture,
                                            const Endpoint& endpoint) {
  const auto present = usable_keys(picture, endpoint.head.position, operations.now());
  std::vector<NewKey> out;
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::HmacSha256, KeyAlgorithm::Ed25519}) {
    const bool wanted = algorithm == KeyAlgorithm::HmacSha256 ? endpoint.sign_v1 : endpoint.sign_v1a;
    const bool there =
        std::ranges::any_of(present, [&](const SigningKey* key) { return key->algorithm == algorithm; });
    if (!wanted || there) continue;
    KeyMaterial material = generate_outbound_key(algorithm, operations.parts().entropy);
    SEALPOST_TRY(SigningKey record, prepare_key(operations,
                                                {.tenancy = endpoint.head.tenancy,
                                                 .integration = endpoint.integration,
                                                 .owner = endpoint.head.position,
                                                 .use = KeyUse::Outbound,
                                                 .end = {},
                                                 .scheme = {}},
                                                material));
    out.push_back({std::move(record), std::move(material)});
  }
  return out;
}

// The contract's EndpointCreated, without the secret.
Made endpoint_made(const ViewContext& context, const Endpoint& endpoint, const SigningKey& key) {
  Made made = made_of(resource_of(context, endpoint));
  made.resource.body =
      boost::json::object{{"endpoint", std::move(made.resource.body)}, {"key", view_of(context, key)}};
  return made;
}

Operation<Made> endpoint_made_before(const ViewContext& context, Position position) {
  SEALPOST_TRY(const Endpoint* known, made_before(context.picture.endpoints, position));
  const SigningKey* first = nullptr;
  for (const auto& [at, key] : context.picture.keys)
    if (key->owner == position && (first == nullptr || at < first->head.position)) first = key.get();
  if (first == nullptr) return refuse(PublicCode::NotFound);
  Made made = endpoint_made(context, *known, *first);
  made.repeated = true;
  if (first->algorithm == KeyAlgorithm::HmacSha256) made.resource.body["notice"] = "secret_already_shown";
  return made;
}

Endpoint endpoint_of(const NewEndpoint& request) {
  Endpoint made;
  made.name = request.name;
  made.url = request.url;
  made.body = request.body;
  made.sign_v1 = request.signatures.v1;
  made.sign_v1a = request.signatures.v1a;
  made.headers = request.headers;
  made.retry_schedule_seconds = request.retry_schedule_seconds;
  made.timeout_ms = request.timeout_ms.value_or(made.timeout_ms);
  made.max_concurrency = request.max_concurrency.value_or(made.max_concurrency);
  made.breaker_threshold = request.breaker_threshold.value_or(kBreakerThreshold);
  return made;
}

Operation<Resource> change_endpoint(Operations& operations, const AuthorizedCall& call, EndpointId id,
                                    const EndpointChange& change, std::uint64_t if_version) {
  return operations.change<Resource>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Resource> {
        SEALPOST_TRY(const Endpoint* before, find_visible(picture, picture.endpoints, call, id.position));
        SEALPOST_TRY_VOID(judge_version(before->head, if_version));
        const ViewContext context = view_context(operations, picture);
        Endpoint after = *before;
        SEALPOST_TRY_VOID(apply_change(after, change));
        if (change.url) {
          SEALPOST_TRY_VOID(judge_url(operations, after.head.tenancy, after.url));
        }
        SEALPOST_TRY(const auto keys, missing_keys(operations, picture, after));
        SEALPOST_TRY_VOID(told(transaction.update(after, context.now)));
        AuditEvent event = change_event(context, call, target_of("endpoint.updated", after));
        const auto old_view = view_of(context, *before);
        const auto new_view = view_of(context, after);
        bind_difference(event, &old_view, new_view);
        // What views mask changes too; that it did is said, not what.
        if (before->url != after.url) event.what().add_flag("url_changed", true);
        if (change.headers) event.what().add_flag("header_values_set", true);
        SEALPOST_TRY_VOID(told(transaction.record(event)));
        for (const NewKey& key : keys) {
          SEALPOST_TRY_VOID(insert_key(operations, transaction, picture, call, key.record, key.material));
        }
        return resource_of(context, after);
      });
}

}  // namespace

Operation<Made> create_endpoint(Operations& operations, const AuthorizedCall& call,
                                const NewEndpoint& request) {
  Endpoint made = endpoint_of(request);
  SEALPOST_TRY_VOID(judge_endpoint(made));
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, request.integration));
    SEALPOST_TRY_VOID(judge_url(operations, integration->head.tenancy, made.url));
    made.head = new_head(operations, integration->head.tenancy);
    made.integration = integration->id();
    const ViewContext context = view_context(operations, picture);
    SEALPOST_TRY(const auto keys, missing_keys(operations, picture, made));
    SEALPOST_TRY(const Made written,
                 insert_once(operations, transaction, picture, call, request.once, picture.endpoints, made,
                             integration->head.position, "endpoint.created"));
    if (written.repeated) return endpoint_made_before(context, written.resource.position);
    for (const NewKey& key : keys) {
      SEALPOST_TRY_VOID(insert_key(operations, transaction, picture, call, key.record, key.material));
    }
    Made answer = endpoint_made(context, made, keys.front().record);
    if (made.sign_v1) {
      answer.secret = printed_form(keys.front().material, {});
      answer.secret_member = "secret";
    }
    return answer;
  });
}

Operation<Resource> read_endpoint(Operations& operations, const AuthorizedCall& call, EndpointId id) {
  return read_record(operations, call, &DirectorySnapshot::endpoints, id.position);
}

Operation<PageView> list_endpoints(Operations& operations, const AuthorizedCall& call,
                                   IntegrationId integration, const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::endpoints, page, [&](const Endpoint& endpoint) {
    return endpoint.state != EndpointState::Deleted &&
           (!integration.set() || endpoint.integration == integration);
  });
}

Operation<Resource> update_endpoint(Operations& operations, const AuthorizedCall& call, EndpointId id,
                                    const EndpointChange& change, std::uint64_t if_version) {
  if (change.state == EndpointState::Deleted) return bad("/state", "delete it instead");
  const auto picture = operations.picture();
  SEALPOST_TRY(const Endpoint* seen,
               find_visible(*picture->directory, picture->directory->endpoints, call, id.position));
  if (change.state != EndpointState::Disabled || seen->state != EndpointState::Active)
    return change_endpoint(operations, call, id, change, if_version);
  // Taking access away has one door; what else changes follows it. Checked first, so that a bad change ends
  // nothing.
  Endpoint after = *seen;
  SEALPOST_TRY_VOID(apply_change(after, change));
  if (change.url) {
    SEALPOST_TRY_VOID(judge_url(operations, after.head.tenancy, after.url));
  }
  SEALPOST_TRY_VOID(end_visible(operations, call, &DirectorySnapshot::endpoints, id.position,
                                {.kind = AccessEndKind::DisableEndpoint,
                                 .tenancy = {},
                                 .what = 0,
                                 .reason = {},
                                 .compromised_since = {},
                                 .if_version = if_version,
                                 .once = {}}));
  EndpointChange rest = change;
  rest.state.reset();
  const bool has_more = rest.name || rest.url || rest.body || rest.signatures || rest.headers ||
                        rest.retry_schedule_seconds || rest.timeout_ms || rest.max_concurrency ||
                        rest.breaker_threshold;
  if (!has_more) return read_endpoint(operations, call, id);
  return change_endpoint(operations, call, id, rest, if_version == 0 ? 0 : if_version + 1);
}

Operation<RevocationReceipt> delete_endpoint(Operations& operations, const AuthorizedCall& call,
                                             EndpointId id, std::optional<std::uint64_t> if_version) {
  return end_visible(operations, call, &DirectorySnapshot::endpoints, id.position,
                     {.kind = AccessEndKind::DeleteEndpoint,
                      .tenancy = {},
                      .what = 0,
                      .reason = "deleted",
                      .compromised_since = {},
                      .if_version = if_version,
                      .once = {}});
}

}  // namespace sealpost
