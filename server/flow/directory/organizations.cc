#include "flow/directory/organizations.h"

#include "flow/directory/egress_openings.h"
#include "flow/directory/internal/writing.h"
#include "flow/directory/rates.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

const std::vector<std::string> kNameField{"/name"};

Failure<OperationRefusal> bad_name() {
  return refuse(PublicCode::ValidationFailed, "a name has 1 to 200 characters", kNameField);
}

OperationRefusal refusal_of(VaultError error) {
  return {error == VaultError::StoreFailed ? PublicCode::StoreUnavailable : PublicCode::KeyUnavailable,
          {},
          {},
          {}};
}

// The reserved row that keys and log hang on, and those keys.
Operation<void> reserve(Operations& operations, const Organization& reserved) {
  const auto& parts = operations.parts();
  SEALPOST_TRY_VOID(told(parts.store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY_VOID(transaction.insert_object(stamped(parts.vault, {.kind = EntityKind::Organization,
                                                                      .head = reserved.head,
                                                                      .parent = 0,
                                                                      .body = record_to_text(reserved),
                                                                      .sealed = {}})));
    SEALPOST_TRY_VOID(parts.vault.create_organization_key(transaction, reserved.id()));
    return parts.audit.create_log(transaction, reserved.id());
  })));
  if (const auto loaded = parts.vault.load_organization(reserved.id()); !loaded)
    return fail(refusal_of(loaded.error()));
  return {};
}

}  // namespace

Operation<Made> create_organization(Operations& operations, const AuthorizedCall& call,
                                    const NewOrganization& request) {
  if (!is_name(request.name)) return bad_name();
  SEALPOST_TRY_VOID(judge_rate(call, {}, request.rate_limit, operations.parts().rates.organization));
  const Tenancy nowhere{};
  // A repeat is looked for before anything is reserved for it; the claim itself stands in the second
  // transaction.
  std::optional<Position> first;
  const auto looked = operations.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    const auto repeat = find_repeat(operations, reader, call, nowhere, request.once);
    if (repeat.ok()) first = *repeat;
    return {};
  });
  if (!looked) return fail(refusal_of(looked.error()));
  Organization made;
  made.head.position = operations.draw();
  made.head.tenancy = {made.id(), Environment::Shared};
  made.head.version = 0;
  made.head.created_at = made.head.updated_at = operations.now();
  if (!first) {
    SEALPOST_TRY_VOID(reserve(operations, made));
  }
  made.name = request.name;
  set_rate(made, request.rate_limit);
  return operations.change<Made>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
        const ViewContext context = view_context(operations, picture);
        SEALPOST_TRY(const auto repeat,
                     claim_once(operations, transaction, call, nowhere, request.once, made.head.position));
        if (repeat) {
          SEALPOST_TRY(const Organization* known, made_before(picture.organizations, *repeat));
          return made_of(resource_of(context, *known), true);
        }
        if (first)
          return refuse(PublicCode::IdempotencyInProgress);  // the claim that was seen has run out since
        SEALPOST_TRY_VOID(told(transaction.update(made, context.now)));
        AuditEvent event = change_event(context, call, target_of("organization.created", made));
        bind_difference(event, nullptr, view_of(context, made));
        SEALPOST_TRY_VOID(told(bind_first_openings(operations, transaction, event, made.id())));
        SEALPOST_TRY_VOID(told(transaction.record(event)));
        return made_of(resource_of(context, made));
      });
}

Operation<Resource> read_organization(Operations& operations, const AuthorizedCall& call, OrganizationId id) {
  return read_record(operations, call, &DirectorySnapshot::organizations, id.position);
}

Operation<PageView> list_organizations(Operations& operations, const AuthorizedCall& call,
                                       const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::organizations, page,
                      [](const Organization&) { return true; });
}

Operation<Resource> update_organization(Operations& operations, const AuthorizedCall& call, OrganizationId id,
                                        const OrganizationChange& change, std::uint64_t if_version) {
  if (change.name && !is_name(*change.name)) return bad_name();
  return update_record(
      operations, call, &DirectorySnapshot::organizations, id.position, if_version, "organization.updated",
      [&](Organization& organization, const DirectorySnapshot&, ControlTransaction&) -> Operation<void> {
        SEALPOST_TRY_VOID(judge_rate(call, {organization.rate_per_second, organization.rate_burst},
                                     change.rate_limit, operations.parts().rates.organization));
        if (change.name) organization.name = *change.name;
        set_rate(organization, change.rate_limit);
        return {};
      });
}

Operation<Made> create_workspace(Operations& operations, const AuthorizedCall& call,
                                 const NewWorkspace& request) {
  if (!is_name(request.name)) return bad_name();
  return operations.change<Made>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
        SEALPOST_TRY(const Organization* organization,
                     find_visible(picture, picture.organizations, call, request.organization.position));
        Workspace made;
        made.head = new_head(operations, {organization->id(), Environment::Shared});
        made.name = request.name;
        return insert_once(operations, transaction, picture, call, request.once, picture.workspaces, made,
                           organization->head.position, "workspace.created");
      });
}

Operation<Resource> read_workspace(Operations& operations, const AuthorizedCall& call, WorkspaceId id) {
  return read_record(operations, call, &DirectorySnapshot::workspaces, id.position);
}

Operation<PageView> list_workspaces(Operations& operations, const AuthorizedCall& call,
                                    const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::workspaces, page,
                      [](const Workspace&) { return true; });
}

Operation<Resource> update_workspace(Operations& operations, const AuthorizedCall& call, WorkspaceId id,
                                     const NameChange& change, std::uint64_t if_version) {
  if (change.name && !is_name(*change.name)) return bad_name();
  return update_record(
      operations, call, &DirectorySnapshot::workspaces, id.position, if_version, "workspace.updated",
      [&](Workspace& workspace, const DirectorySnapshot&, ControlTransaction&) -> Operation<void> {
        if (change.name) workspace.name = *change.name;
        return {};
      });
}

}  // namespace sealpost
