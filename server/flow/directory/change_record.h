// The audit record of a change of a control. It binds who (actor, request, integration, grant, policy), where
// (address) and what (organization, workspace, environment, source system, target, each field's value before
// and after as the contract shows them), so that no secret can enter and no field that people see is left
// out. A value too long to commit to whole is committed to by its SHA-256. Free functions, thread-safe.
#pragma once

#include <string_view>

#include <boost/json.hpp>

#include "flow/directory/actor.h"
#include "flow/directory/directory.h"
#include "flow/directory/views.h"

namespace sealpost {

struct ChangeTarget {
  std::string_view event_class;  // "source.updated"
  Tenancy tenancy;
  IntegrationId integration;  // unset above integrations
  WorkspaceId workspace;      // of what stands above integrations
  EntityKind kind = EntityKind::Organization;
  Position position = 0;
  std::uint64_t version = 1;  // after the change
};

[[nodiscard]] AuditEvent change_event(const ViewContext& context, const Actor& actor,
                                      const ChangeTarget& target);
// Adds `before.x` and `after.x` for each member in which the two differ; null: there was nothing.
void bind_difference(AuditEvent& event, const boost::json::object* before, const boost::json::object& after);

template <class Record>
[[nodiscard]] ChangeTarget target_of(std::string_view event_class, const Record& record) {
  ChangeTarget target{.event_class = event_class,
                      .tenancy = record.head.tenancy,
                      .integration = {},
                      .workspace = {},
                      .kind = Record::kKind,
                      .position = record.head.position,
                      .version = record.head.version};
  if constexpr (requires { record.integration; }) target.integration = record.integration;
  if constexpr (requires { record.workspace; }) target.workspace = record.workspace;
  if constexpr (std::is_same_v<Record, Integration>) target.integration = record.id();
  if constexpr (std::is_same_v<Record, Workspace>) target.workspace = record.id();
  return target;
}

// The whole of it for the common case. Returns the record's index.
template <class Record>
StoreResult<std::uint64_t> record_change(ControlTransaction& transaction, const ViewContext& context,
                                         const Actor& actor, std::string_view event_class,
                                         const Record* before, const Record& after,
                                         std::string_view reason = {}) {
  AuditEvent event = change_event(context, actor, target_of(event_class, after));
  const boost::json::object new_view = view_of(context, after);
  if (before != nullptr) {
    const boost::json::object old_view = view_of(context, *before);
    bind_difference(event, &old_view, new_view);
  } else {
    bind_difference(event, nullptr, new_view);
  }
  if (!reason.empty()) event.what().add("reason", reason);
  return transaction.record(event);
}

}  // namespace sealpost
