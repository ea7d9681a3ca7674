// What an operation of the control plane is given beside its call and its request, and what it gives back.
// Free of HTTP, yet its answers are the contract's: bodies are the schemas of contract/openapi.yaml, refusals
// its public codes. A secret never stands in a body; it travels beside it and is shown by whoever writes the
// answer, once. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "domain/model/ids.h"
#include "domain/model/public_code.h"
#include "foundation/bytes/bytes.h"
#include "foundation/bytes/secret_bytes.h"
#include "foundation/result/result.h"
#include "storage/store/store_error.h"

namespace sealpost {

// One thing that activation demands and that is missing: the contract's ReadinessReason.
struct ReadinessGap {
  std::string reason;  // owner_missing, grant_missing, …
  std::string detail;
  std::string resource_id;  // empty when it is not about one thing
};

struct OperationRefusal {
  PublicCode code = PublicCode::InternalError;
  std::string detail;                 // for people; never a secret or an internal detail
  std::vector<std::string> fields;    // JSON pointers into the request, for validation_failed and its like
  std::vector<ReadinessGap> reasons;  // for lifecycle_not_ready
};
template <class T>
using Operation = Result<T, OperationRefusal>;

[[nodiscard]] inline Failure<OperationRefusal> refuse(PublicCode code, std::string detail = {},
                                                      std::vector<std::string> fields = {}) {
  return {OperationRefusal{code, std::move(detail), std::move(fields), {}}};
}
// How a store that could not serve is told.
[[nodiscard]] OperationRefusal refusal_of(StoreError error);
template <class T>
[[nodiscard]] Operation<T> told(Result<T, StoreError> stored) {
  if (!stored.ok()) return fail(refusal_of(stored.error()));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(stored);
}

// Makes a call repeatable: the same caller, route, key and body get the first answer again. An empty key:
// every call is a new one.
struct Once {
  std::string route;  // the method and the route's template with the ids filled in
  std::string key;
  Bytes body;  // as it came
};

// One resource as the contract shows it.
struct Resource {
  boost::json::object body;
  EntityKind kind = EntityKind::Organization;
  Position position = 0;
  std::uint64_t version = 1;  // the ETag; 0: this answer has none
};

// What a call made or did. `secret` is to be written into the answer as the member `secret_member`, and
// dropped.
struct Made {
  Resource resource;
  bool repeated = false;  // the first answer again: Idempotency-Replayed
  std::optional<SecretBytes> secret;
  std::string_view secret_member;
};

// Lists go from old to new. `after`: the last item of the page before, 0 to begin.
struct PageQuery {
  Position after = 0;
  std::uint32_t limit = 50;  // 1 to 200
};
struct PageView {
  boost::json::array items;
  std::optional<Position> next;  // `after` of the next page; nothing on the last one
};

}  // namespace sealpost
