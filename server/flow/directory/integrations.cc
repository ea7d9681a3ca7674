#include "flow/directory/integrations.h"

#include "domain/policy/life_cycle.h"
#include "flow/directory/internal/writing.h"
#include "flow/directory/rates.h"
#include "flow/directory/readiness.h"
#include "trust/signing/key_life.h"

namespace sealpost {
namespace {

Operation<void> judge_owner(const IntegrationOwner& owner) {
  if (!is_name(owner.team))
    return refuse(PublicCode::ValidationFailed, "1 to 200 characters", {"/owner/team"});
  if (!is_name(owner.contact))
    return refuse(PublicCode::ValidationFailed, "1 to 200 characters", {"/owner/contact"});
  return {};
}

// What a change is judged by, beside itself.
struct Changing {
  const Operations& operations;
  const AuthorizedCall& call;
};

Operation<void> apply_change(Integration& integration, const IntegrationChange& change,
                             const Changing& changing) {
  if (integration.state == IntegrationState::Revoked || integration.state == IntegrationState::Decommissioned)
    return refuse(PublicCode::IntegrationRevoked);
  if (change.name) {
    if (!is_name(*change.name)) return refuse(PublicCode::ValidationFailed, "1 to 200 characters", {"/name"});
    integration.name = *change.name;
  }
  if (change.source_system) {
    if (!is_name(*change.source_system))
      return refuse(PublicCode::ValidationFailed, "1 to 200 characters", {"/source_system"});
    integration.source_system = *change.source_system;
  }
  if (change.owner) {
    SEALPOST_TRY_VOID(judge_owner(*change.owner));
    integration.owner_team = change.owner->team;
    integration.owner_contact = change.owner->contact;
  }
  SEALPOST_TRY_VOID(judge_rate(changing.call, {integration.rate_per_second, integration.rate_burst},
                               change.rate_limit, changing.operations.parts().rates.integration));
  set_rate(integration, change.rate_limit);
  if (change.event_rules) {
    SEALPOST_TRY_VOID(judge_event_rules(*change.event_rules, {}));
    integration.event_rules = *change.event_rules;
  }
  return {};
}

// Adds what only the store knows.
Operation<void> add_health_to(const Operations& operations, const Tenancy& tenancy, IntegrationId id,
                              boost::json::object& body) {
  Reader::IntegrationHealth health;
  SEALPOST_TRY_VOID(told(operations.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(health, reader.health_of(tenancy, id));
    return {};
  })));
  add_health(body, health);
  return {};
}

Operation<Made> with_health(const Operations& operations, IntegrationId id, Operation<Made> made) {
  if (!made) return made;
  const auto picture = operations.picture();
  const Integration* integration =
      picture->directory->find(id.set() ? id : IntegrationId{made->resource.position});
  if (integration == nullptr) return refuse(PublicCode::NotFound);
  SEALPOST_TRY_VOID(
      add_health_to(operations, integration->head.tenancy, integration->id(), made->resource.body));
  return made;
}

struct Step {
  IntegrationState to = IntegrationState::Active;
  std::string_view event_class;
  std::string_view reason;
};

// A step that gives access, or ends what has none. `more` is checked and written in the same transaction.
template <class More>
Operation<Made> take_step(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                          const Step& step, const Once& once, More&& more) {
  return with_health(operations, id,
                     operations.change<Made>([&](ControlTransaction& transaction,
                                                 const DirectorySnapshot& picture) -> Operation<Made> {
                       SEALPOST_TRY(const Integration* before,
                                    find_visible(picture, picture.integrations, call, id.position));
                       const ViewContext context = view_context(operations, picture);
                       SEALPOST_TRY(const auto repeat, claim_once(operations, transaction, call,
                                                                  before->head.tenancy, once, id.position));
                       if (repeat) return made_of(resource_of(context, *before), true);
                       if (!step_exists(before->state, step.to))
                         return refuse(PublicCode::LifecycleTransitionRefused,
                                       "from " + enum_name(before->state) + " to " + enum_name(step.to));
                       SEALPOST_TRY_VOID(more(transaction, picture, *before));
                       Integration after = *before;
                       after.state = step.to;
                       after.state_reason = step.reason;
                       SEALPOST_TRY_VOID(told(transaction.update(after, context.now)));
                       SEALPOST_TRY_VOID(told(record_change(transaction, context, call, step.event_class,
                                                            before, after, step.reason)));
                       return made_of(resource_of(context, after));
                     }));
}

// Everything that hangs on a revoked integration, made unusable for good.
class Clearing final {
 public:
  Clearing(const Operations& operations, const AuthorizedCall& call, ControlTransaction& transaction,
           const DirectorySnapshot& picture)
      : context_(view_context(operations, picture)),
        call_(call),
        transaction_(transaction),
        picture_(picture) {}

  Operation<void> run(IntegrationId id) {
    for (const auto& [position, key] : picture_.keys)
      if (key->integration == id && key->state != KeyState::Destroyed) {
        SEALPOST_TRY_VOID(destroy(*key));
      }
    for (const auto& [position, source] : picture_.sources)
      if (source->integration == id && source->state != SourceState::Deleted) {
        Source after = *source;
        after.state = SourceState::Deleted;
        SEALPOST_TRY_VOID(write("source.deleted", *source, std::move(after)));
      }
    for (const auto& [position, endpoint] : picture_.endpoints)
      if (endpoint->integration == id && endpoint->state != EndpointState::Deleted) {
        Endpoint after = *endpoint;
        after.state = EndpointState::Deleted;
        SEALPOST_TRY_VOID(write("endpoint.deleted", *endpoint, std::move(after)));
      }
    for (const auto& [position, subscription] : picture_.all_subscriptions)
      if (subscription->integration == id && subscription->state != SubscriptionState::Deleted) {
        Subscription after = *subscription;
        after.state = SubscriptionState::Deleted;
        SEALPOST_TRY_VOID(write("subscription.deleted", *subscription, std::move(after)));
      }
    return {};
  }

 private:
  Operation<void> destroy(const SigningKey& key) {
    auto after = destroy_from_any_state(key, context_.now);
    if (!after) return refuse(PublicCode::InternalError);
    return write("key.destroyed", key, *std::move(after), Bytes{});
  }
  template <class Record>
  Operation<void> write(std::string_view event_class, const Record& before, Record after,
                        std::optional<Bytes> sealed = std::nullopt) {
    SEALPOST_TRY_VOID(told(transaction_.update(after, context_.now, std::move(sealed))));
    SEALPOST_TRY_VOID(told(record_change(transaction_, context_, call_, event_class, &before, after)));
    return {};
  }

  ViewContext context_;
  const AuthorizedCall& call_;
  ControlTransaction& transaction_;
  const DirectorySnapshot& picture_;
};

}  // namespace

Operation<Made> create_integration(Operations& operations, const AuthorizedCall& call,
                                   const NewIntegration& request) {
  if (request.environment == Environment::Shared)
    return refuse(PublicCode::ValidationFailed, "an integration is in exactly one of test and live",
                  {"/environment"});
  return with_health(
      operations, {},
      operations.change<Made>(
          [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
            SEALPOST_TRY(const Workspace* workspace,
                         find_visible(picture, picture.workspaces, call, request.workspace.position));
            Integration made;
            made.head = new_head(operations, {workspace->head.tenancy.organization, request.environment});
            made.workspace = workspace->id();
            SEALPOST_TRY_VOID(apply_change(made,
                                           {.name = request.name,
                                            .source_system = request.source_system,
                                            .owner = request.owner,
                                            .rate_limit = request.rate_limit,
                                            .event_rules = request.event_rules},
                                           {operations, call}));
            return insert_once(operations, transaction, picture, call, request.once, picture.integrations,
                               made, workspace->head.position, "integration.created");
          }));
}

Operation<Resource> read_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id) {
  SEALPOST_TRY(Resource found, read_record(operations, call, &DirectorySnapshot::integrations, id.position));
  SEALPOST_TRY(Made made, with_health(operations, id, made_of(std::move(found))));
  return std::move(made.resource);
}

Operation<PageView> list_integrations(Operations& operations, const AuthorizedCall& call,
                                      const IntegrationFilter& filter, const PageQuery& page) {
  PageView view =
      list_records(operations, call, &DirectorySnapshot::integrations, page, [&](const Integration& one) {
        return (!filter.workspace.set() || one.workspace == filter.workspace) &&
               (!filter.environment || one.head.tenancy.environment == *filter.environment);
      });
  const auto picture = operations.picture();
  const auto read = operations.parts().store.read([&](Reader& reader) -> StoreResult<void> {
    for (auto& item : view.items) {
      boost::json::object& body = item.as_object();
      const auto id = operations.parts().ids.decode<IntegrationId>(std::string_view(body["id"].get_string()));
      const Integration* integration = id ? picture->directory->find(*id) : nullptr;
      if (integration == nullptr) continue;
      SEALPOST_TRY(const auto health, reader.health_of(integration->head.tenancy, *id));
      add_health(body, health);
    }
    return {};
  });
  if (!read) return fail(refusal_of(read.error()));
  return view;
}

Operation<Resource> update_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                       const IntegrationChange& change, std::uint64_t if_version) {
  SEALPOST_TRY(Resource changed,
               update_record(operations, call, &DirectorySnapshot::integrations, id.position, if_version,
                             "integration.updated",
                             [&](Integration& integration, const DirectorySnapshot&, ControlTransaction&) {
                               return apply_change(integration, change, {operations, call});
                             }));
  SEALPOST_TRY(Made made, with_health(operations, id, made_of(std::move(changed))));
  return std::move(made.resource);
}

Operation<Made> activate_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                     const Once& once) {
  return take_step(operations, call, id, {IntegrationState::Active, "integration.activated", {}}, once,
                   [&](ControlTransaction&, const DirectorySnapshot& picture,
                       const Integration& before) -> Operation<void> {
                     if (before.state != IntegrationState::Draft)
                       return refuse(PublicCode::LifecycleTransitionRefused, "only a draft is activated");
                     auto gaps = readiness_gaps(picture, before, operations.parts().ids, operations.now());
                     if (gaps.empty()) return {};
                     return fail(OperationRefusal{PublicCode::LifecycleNotReady,
                                                  "the integration lacks what activation demands",
                                                  {},
                                                  std::move(gaps)});
                   });
}

Operation<Made> resume_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                   std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return take_step(
      operations, call, id, {IntegrationState::Active, "integration.resumed", reason}, once,
      [](ControlTransaction&, const DirectorySnapshot&, const Integration& before) -> Operation<void> {
        if (before.state != IntegrationState::Suspended)
          return refuse(PublicCode::LifecycleTransitionRefused, "only a suspended integration is resumed");
        return {};
      });
}

Operation<RevocationReceipt> suspend_integration(Operations& operations, const AuthorizedCall& call,
                                                 IntegrationId id, std::string_view reason,
                                                 const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return end_visible(operations, call, &DirectorySnapshot::integrations, id.position,
                     {.kind = AccessEndKind::SuspendIntegration,
                      .tenancy = {},
                      .what = 0,
                      .reason = std::string(reason),
                      .compromised_since = {},
                      .if_version = {},
                      .once = once});
}

Operation<RevocationReceipt> revoke_integration(Operations& operations, const AuthorizedCall& call,
                                                IntegrationId id, std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return end_visible(operations, call, &DirectorySnapshot::integrations, id.position,
                     {.kind = AccessEndKind::RevokeIntegration,
                      .tenancy = {},
                      .what = 0,
                      .reason = std::string(reason),
                      .compromised_since = {},
                      .if_version = {},
                      .once = once});
}

Operation<Made> decommission_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                         std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return take_step(
      operations, call, id, {IntegrationState::Decommissioned, "integration.decommissioned", reason}, once,
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture, const Integration& before) {
        return Clearing(operations, call, transaction, picture).run(before.id());
      });
}

}  // namespace sealpost
