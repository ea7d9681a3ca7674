// The shapes that creating and changing a record share: seen by the caller, claimed once, written, recorded.
#pragma once

#include "flow/directory/change_record.h"
#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"
#include "trust/signing/key_life.h"

namespace sealpost {

[[nodiscard]] inline RecordHead new_head(const Operations& operations, const Tenancy& tenancy) {
  const WallTime now = operations.now();
  return {
      .position = operations.draw(), .tenancy = tenancy, .version = 1, .created_at = now, .updated_at = now};
}

[[nodiscard]] inline Made made_of(Resource resource, bool repeated = false) {
  return Made{.resource = std::move(resource), .repeated = repeated, .secret = {}, .secret_member = {}};
}

// The record that a repeated call made first.
template <class Record>
Operation<const Record*> made_before(const RecordMap<Record>& map, Position position) {
  const Record* known = DirectorySnapshot::find_in(map, position);
  if (known == nullptr) return refuse(PublicCode::NotFound);
  return known;
}

// Inserts `made` under `parent`, once. `made.head` is complete.
template <class Record>
Operation<Made> insert_once(const Operations& operations, ControlTransaction& transaction,
                            const DirectorySnapshot& picture, const AuthorizedCall& call, const Once& once,
                            const RecordMap<Record>& map, const Record& made, Position parent,
                            std::string_view event_class) {
  const ViewContext context = view_context(operations, picture);
  SEALPOST_TRY(const auto repeat,
               claim_once(operations, transaction, call, made.head.tenancy, once, made.head.position));
  if (repeat) {
    SEALPOST_TRY(const Record* known, made_before(map, *repeat));
    return made_of(resource_of(context, *known), true);
  }
  SEALPOST_TRY_VOID(told(transaction.insert(made, parent)));
  SEALPOST_TRY_VOID(told(record_change<Record>(transaction, context, call, event_class, nullptr, made)));
  return made_of(resource_of(context, made));
}

// Changes what lies there by `apply` (Record&, const DirectorySnapshot&, ControlTransaction&) ->
// Operation<void>.
template <class Record, class Apply>
Operation<Resource> update_record(Operations& operations, const AuthorizedCall& call,
                                  RecordMap<Record> DirectorySnapshot::* map, Position position,
                                  std::uint64_t if_version, std::string_view event_class, Apply&& apply) {
  return operations.change<Resource>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Resource> {
        SEALPOST_TRY(const Record* before, find_visible(picture, picture.*map, call, position));
        SEALPOST_TRY_VOID(judge_version(before->head, if_version));
        const ViewContext context = view_context(operations, picture);
        Record after = *before;
        SEALPOST_TRY_VOID(apply(after, picture, transaction));
        SEALPOST_TRY_VOID(told(transaction.update(after, context.now)));
        SEALPOST_TRY_VOID(told(record_change(transaction, context, call, event_class, before, after)));
        return resource_of(context, after);
      });
}

template <class Record>
Operation<Resource> read_record(const Operations& operations, const AuthorizedCall& call,
                                RecordMap<Record> DirectorySnapshot::* map, Position position) {
  const auto picture = operations.picture();
  SEALPOST_TRY(const Record* found,
               find_visible(*picture->directory, (*picture->directory).*map, call, position));
  return resource_of(view_context(operations, *picture->directory), *found);
}

template <class Record, class Keep>
PageView list_records(const Operations& operations, const AuthorizedCall& call,
                      RecordMap<Record> DirectorySnapshot::* map, const PageQuery& page, Keep&& keep) {
  const auto picture = operations.picture();
  return page_of(view_context(operations, *picture->directory), (*picture->directory).*map, call, page, keep);
}

// An integration that new things may be made for.
inline Operation<const Integration*> find_open_integration(const DirectorySnapshot& picture,
                                                           const AuthorizedCall& call, IntegrationId id) {
  SEALPOST_TRY(const Integration* found, find_visible(picture, picture.integrations, call, id.position));
  if (found->state == IntegrationState::Revoked || found->state == IntegrationState::Decommissioned)
    return refuse(PublicCode::IntegrationRevoked);
  return found;
}

// end_access() for what the caller names by its id alone.
template <class Record>
Operation<RevocationReceipt> end_visible(Operations& operations, const AuthorizedCall& call,
                                         RecordMap<Record> DirectorySnapshot::* map, Position position,
                                         AccessEnd end) {
  const auto picture = operations.picture();
  SEALPOST_TRY(const Record* found,
               find_visible(*picture->directory, (*picture->directory).*map, call, position));
  end.tenancy = found->head.tenancy;
  end.what = position;
  return end_access(operations, call, end);
}

// By the steps that a key's life has.
[[nodiscard]] Result<SigningKey, KeyLifeError> destroy_from_any_state(SigningKey key, WallTime now);

// The contract's EventType, and a list of at most 200.
[[nodiscard]] bool are_event_types(const std::vector<std::string>& types);
// Rules that mean something: they compile, and each speaks of a type that is accepted (`accepted` empty:
// any).
[[nodiscard]] Operation<void> judge_event_rules(const std::vector<EventRule>& rules,
                                                const std::vector<std::string>& accepted);

}  // namespace sealpost
