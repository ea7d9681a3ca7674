// What all operations of the control plane share: the parts they work with, and change(), the one way to
// write. The operations themselves are free functions in the headers beside this one. They wait for the
// store: pool threads only. Thread-safe; changes are made one at a time, and what a change checks is true
// when it commits.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "access/authorization/authorization_gate.h"
#include "domain/model/rate_setting.h"
#include "domain/policy/egress_policy.h"
#include "flow/directory/actor.h"
#include "flow/directory/directory.h"
#include "flow/directory/operation.h"
#include "flow/directory/views.h"
#include "flow/directory/visibility.h"

namespace sealpost {

// What has just lost its access.
struct EndedAccess {
  Tenancy tenancy;
  IntegrationId integration;
  EntityKind kind = EntityKind::Integration;
  Position position = 0;
};

// What happens beside the transaction when access ends. Called on the operation's thread after the commit;
// each may wait, at most the 750 ms in which a node has to confirm. Empty ones count nothing.
struct RevocationHooks {
  std::string node;  // this node's name in receipts
  // Aborts the sends in flight that the change touches: whose they were, or nothing if some had not come back
  // in time.
  std::function<std::optional<std::vector<DeliveryId>>(const EndedAccess&)> abort_sends;
};

// May this URL be an endpoint's? Asked before the transaction; the sender judges again at each send.
using EndpointJudge = std::function<std::optional<EgressRefusal>(const Tenancy&, std::string_view url)>;

// What is opened to the deliveries of an environment beyond the reachable world, in the operator's words, in
// a fixed order. Thread-safe.
using EgressOpenings = std::function<std::vector<std::string>(const Tenancy&)>;

class Operations final {
 public:
  struct Parts {
    Directory& directory;
    Store& store;
    Vault& vault;
    AuditTrail& audit;
    const PublicIdCodec& ids;
    const AuthorizationGate& gate;
    const AccessTokens& tokens;
    const Clock& clock;
    Entropy& entropy;
    EndpointJudge judge_endpoint;
    RevocationHooks hooks;
    RateDefaults rates{};
    Store::PurgeTerms erasure{};  // its terms; `now` is unused
    EgressOpenings openings{};
  };
  explicit Operations(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const Parts& parts() const { return parts_; }
  [[nodiscard]] GatewayPicturePtr picture() const { return parts_.directory.picture(); }
  [[nodiscard]] WallTime now() const { return parts_.clock.wall_now(); }
  [[nodiscard]] Position draw() const { return parts_.store.positions().draw(); }

  // Runs `body` inside one commit of the directory, with the picture that no other change can replace
  // meanwhile. A refusal rolls everything back. `body`: (ControlTransaction&, const DirectorySnapshot&) ->
  // Operation<T>.
  template <class T, class Body>
  Operation<T> change(Body&& body) {
    std::optional<Operation<T>> answer;
    const auto stored = parts_.directory.commit([&](ControlTransaction& transaction) -> StoreResult<void> {
      const auto picture = parts_.directory.picture();
      answer.emplace(body(transaction, *picture->directory));
      if (!answer->ok()) return fail(StoreError::Conflict);
      return {};
    });
    if (answer && !answer->ok()) return fail(answer->error());
    if (!stored) return fail(refusal_of(stored.error()));
    return *std::move(answer);
  }

 private:
  Parts parts_;
};

// ---- Repeatable calls
// --------------------------------------------------------------------------------------

// The claim of a repeatable call; nothing when it has no key.
Operation<std::optional<Claim>> make_claim(const Operations& operations, const AuthorizedCall& call,
                                           const Tenancy& tenancy, const Once& once);

// Nothing: the first of its kind, claimed for `resource`. A position: the call is a repeat, and this is what
// the first made. Call it first inside change(); refuses invalid keys and other bodies.
Operation<std::optional<Position>> claim_once(const Operations& operations, ControlTransaction& transaction,
                                              const AuthorizedCall& call, const Tenancy& tenancy,
                                              const Once& once, Position resource);
// The same without claiming: for a call whose answer is known only when its work is done.
Operation<std::optional<Position>> find_repeat(const Operations& operations, Reader& reader,
                                               const AuthorizedCall& call, const Tenancy& tenancy,
                                               const Once& once);

// What the views of this moment are made with.
[[nodiscard]] inline ViewContext view_context(const Operations& operations,
                                              const DirectorySnapshot& picture) {
  return {operations.parts().ids, operations.parts().audit, picture, operations.now()};
}
// Refuses a change that was made for another version. 0: any version.
[[nodiscard]] inline Operation<void> judge_version(const RecordHead& head, std::uint64_t if_version) {
  if (if_version != 0 && if_version != head.version) return refuse(PublicCode::PreconditionFailed);
  return {};
}
// Bounds of the contract's Name and reason, in characters.
[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] bool is_reason(std::string_view text);

// One page of what the caller sees, in order of position. `keep` chooses among the visible.
template <class Record, class Keep>
[[nodiscard]] PageView page_of(const ViewContext& context, const RecordMap<Record>& map,
                               const AuthorizedCall& call, const PageQuery& page, Keep&& keep) {
  std::vector<const Record*> found;
  for (const auto& [position, record] : map)
    if (position > page.after && keep(*record) &&
        judge_visibility(context.picture, call, place_of(*record)).ok())
      found.push_back(record.get());
  const std::size_t limit = std::min<std::size_t>(std::max<std::uint32_t>(page.limit, 1), 200);
  const std::size_t shown = std::min(limit, found.size());
  const auto by_position = [](const Record* record) { return record->head.position; };
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(shown), {}, by_position);
  PageView view;
  for (std::size_t i = 0; i < shown; ++i) view.items.push_back(view_of(context, *found[i]));
  if (shown < found.size()) view.next = found[shown - 1]->head.position;
  return view;
}

}  // namespace sealpost
