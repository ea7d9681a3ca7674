#include "flow/directory/revocation.h"

#include "access/consent/grant_rules.h"
#include "domain/policy/life_cycle.h"
#include "domain/wire/time_text.h"
#include "flow/directory/internal/writing.h"
#include "trust/signing/key_life.h"

namespace sealpost {
namespace {

Operation<SigningKey> lived(Result<SigningKey, KeyLifeError> step) {
  if (step.ok()) return *std::move(step);
  switch (step.error()) {
    case KeyLifeError::NoSuchStep:
      return refuse(PublicCode::Conflict, "the key is in a state without this step");
    case KeyLifeError::BadTime:
      return refuse(PublicCode::ValidationFailed, "a time in the future", {"/compromised_since"});
    case KeyLifeError::BadOverlap:
      return refuse(PublicCode::ValidationFailed, "an overlap out of bounds", {"/overlap_seconds"});
  }
  return refuse(PublicCode::InternalError);
}

// One ending in one transaction: the record itself, what ends with it, the epoch, the deliveries, the record
// of it.
class Ending final {
 public:
  struct Parts {
    const Operations& operations;
    const Actor& actor;
    const AccessEnd& end;
    ControlTransaction& transaction;
    const DirectorySnapshot& picture;
  };
  Ending(Parts parts, RevocationReceipt& receipt)
      : parts_(parts), context_(view_context(parts.operations, parts.picture)), receipt_(receipt) {}

  Operation<EndedAccess> run() {
    SEALPOST_TRY_VOID(end_it());
    SEALPOST_TRY_VOID(told(parts_.transaction.narrow(parts_.end.tenancy.organization)));
    SEALPOST_TRY(receipt_.epoch, told(parts_.transaction.store().epoch_of(parts_.end.tenancy.organization)));
    SEALPOST_TRY(receipt_.ended.deliveries_cancelled, cancel_deliveries());
    receipt_.organization = parts_.end.tenancy.organization;
    receipt_.reason = parts_.end.reason;
    receipt_.at = context_.now;
    CanonicalFields& what = event_->what();
    if (!parts_.end.reason.empty()) what.add("reason", parts_.end.reason);
    what.add("epoch", static_cast<std::int64_t>(receipt_.epoch));
    what.add("ended_grants", static_cast<std::int64_t>(receipt_.ended.grants));
    what.add("ended_credentials", static_cast<std::int64_t>(receipt_.ended.credentials));
    what.add("cancelled_deliveries", static_cast<std::int64_t>(receipt_.ended.deliveries_cancelled));
    SEALPOST_TRY(receipt_.audit_index, told(parts_.transaction.record(*event_)));
    return ended_;
  }

  // One bounded step; more may wait.
  static StoreResult<std::uint64_t> cancel_step(Transaction& store, const AccessEnd& end, WallTime now) {
    if (end.kind == AccessEndKind::RevokeIntegration)
      return store.cancel_waiting(end.tenancy, {end.what}, now);
    if (end.kind == AccessEndKind::DeleteEndpoint)
      return store.cancel_waiting_for_target(end.tenancy, end.what, now);
    return std::uint64_t{0};
  }

 private:
  template <class Record>
  Operation<Record> find(const RecordMap<Record>& map) const {
    const auto it = map.find(parts_.end.what);
    if (it == map.end() || it->second->head.tenancy != parts_.end.tenancy)
      return refuse(PublicCode::NotFound);
    if (parts_.actor.call() != nullptr) {
      SEALPOST_TRY_VOID(judge_visibility(parts_.picture, *parts_.actor.call(), place_of(*it->second)));
    }
    SEALPOST_TRY_VOID(judge_version(it->second->head, parts_.end.if_version.value_or(0)));
    return *it->second;
  }

  // The record that was asked to end; its audit record is written last, when the counts are known.
  template <class Record>
  Operation<void> settle(std::string_view event_class, const Record& before, Record after,
                         std::optional<Bytes> sealed = std::nullopt) {
    SEALPOST_TRY_VOID(told(parts_.transaction.update(after, context_.now, std::move(sealed))));
    const ChangeTarget target = target_of(event_class, after);
    event_.emplace(change_event(context_, parts_.actor, target));
    const auto old_view = view_of(context_, before);
    bind_difference(*event_, &old_view, view_of(context_, after));
    ended_ = {target.tenancy, target.integration, target.kind, target.position};
    return {};
  }
  // What ends with it.
  template <class Record>
  Operation<void> also(std::string_view event_class, const Record& before, Record after,
                       std::optional<Bytes> sealed = std::nullopt) {
    SEALPOST_TRY_VOID(told(parts_.transaction.update(after, context_.now, std::move(sealed))));
    SEALPOST_TRY_VOID(told(record_change(parts_.transaction, context_, parts_.actor, event_class, &before,
                                         after, parts_.end.reason)));
    return {};
  }

  Operation<void> end_it() {
    switch (parts_.end.kind) {
      case AccessEndKind::SuspendIntegration:
        return end_integration(IntegrationState::Suspended);
      case AccessEndKind::RevokeIntegration:
        return end_integration(IntegrationState::Revoked);
      case AccessEndKind::RevokeGrant:
        return end_grant();
      case AccessEndKind::RevokeCredential:
        return end_credential();
      case AccessEndKind::RetireKey:
      case AccessEndKind::CompromiseKey:
      case AccessEndKind::DestroyKey:
        return end_key();
      case AccessEndKind::SuspendSource:
        return end_source(SourceState::Suspended);
      case AccessEndKind::DeleteSource:
        return end_source(SourceState::Deleted);
      case AccessEndKind::DisableEndpoint:
        return end_endpoint(EndpointState::Disabled);
      case AccessEndKind::DeleteEndpoint:
        return end_endpoint(EndpointState::Deleted);
      case AccessEndKind::DeleteChannel:
        return end_channel();
    }
    return refuse(PublicCode::InternalError);
  }

  Operation<void> end_integration(IntegrationState to) {
    SEALPOST_TRY(const Integration before, find(parts_.picture.integrations));
    if (!step_exists(before.state, to))
      return refuse(PublicCode::LifecycleTransitionRefused,
                    "from " + enum_name(before.state) + " to " + enum_name(to));
    Integration after = before;
    after.state = to;
    after.state_reason = parts_.end.reason;
    SEALPOST_TRY_VOID(
        settle(to == IntegrationState::Suspended ? "integration.suspended" : "integration.revoked", before,
               std::move(after)));
    if (to == IntegrationState::Suspended) return {};
    for (const auto& [position, grant] : parts_.picture.grants) {
      if (grant->integration != before.id()) continue;
      auto ended = revoke_grant(*grant, parts_.actor.name(), context_.now);
      if (!ended) continue;  // it had ended before
      SEALPOST_TRY_VOID(also("grant.revoked", *grant, *std::move(ended)));
      ++receipt_.ended.grants;
    }
    for (const auto& [position, credential] : parts_.picture.credentials) {
      if (credential->integration != before.id() || credential->state != CredentialState::Active) continue;
      Credential ended = *credential;
      ended.state = CredentialState::Revoked;
      SEALPOST_TRY_VOID(also("credential.revoked", *credential, std::move(ended)));
      ++receipt_.ended.credentials;
    }
    return {};
  }

  Operation<void> end_grant() {
    SEALPOST_TRY(const Grant before, find(parts_.picture.grants));
    auto after = revoke_grant(before, parts_.actor.name(), context_.now);
    if (!after) return refuse(PublicCode::Conflict, "the grant has ended already");
    receipt_.ended.grants = 1;
    return settle("grant.revoked", before, *std::move(after));
  }

  Operation<void> end_credential() {
    SEALPOST_TRY(const Credential before, find(parts_.picture.credentials));
    if (before.state != CredentialState::Active)
      return refuse(PublicCode::Conflict, "the credential is revoked already");
    Credential after = before;
    after.state = CredentialState::Revoked;
    receipt_.ended.credentials = 1;
    return settle("credential.revoked", before, std::move(after));
  }

  Operation<void> end_key() {
    SEALPOST_TRY(const SigningKey before, find(parts_.picture.keys));
    if (parts_.end.kind == AccessEndKind::CompromiseKey) {
      SEALPOST_TRY(
          SigningKey after,
          lived(mark_compromised(before, parts_.end.compromised_since.value_or(context_.now), context_.now)));
      return settle("key.compromised", before, std::move(after));
    }
    if (parts_.end.kind == AccessEndKind::DestroyKey) {
      SEALPOST_TRY(SigningKey after, lived(destroy_key(before, context_.now)));
      return settle("key.destroyed", before, std::move(after), Bytes{});
    }
    const bool retiring = before.state == KeyState::Retiring;
    SEALPOST_TRY(SigningKey after, lived(retiring ? finish_retirement(before, context_.now)
                                                  : begin_retirement(before, Milliseconds(0), context_.now)));
    return settle("key.retired", before, std::move(after));
  }

  Operation<void> end_source(SourceState to) {
    SEALPOST_TRY(const Source before, find(parts_.picture.sources));
    if (before.state == to || before.state == SourceState::Deleted)
      return refuse(PublicCode::Conflict, "the source is " + enum_name(before.state) + " already");
    Source after = before;
    after.state = to;
    SEALPOST_TRY_VOID(
        settle(to == SourceState::Deleted ? "source.deleted" : "source.suspended", before, std::move(after)));
    if (to == SourceState::Deleted) return destroy_keys_of(before.head.position);
    return {};
  }

  Operation<void> end_endpoint(EndpointState to) {
    SEALPOST_TRY(const Endpoint before, find(parts_.picture.endpoints));
    if (before.state == to || before.state == EndpointState::Deleted)
      return refuse(PublicCode::Conflict, "the endpoint is " + enum_name(before.state) + " already");
    Endpoint after = before;
    after.state = to;
    after.state_reason = parts_.end.reason;
    SEALPOST_TRY_VOID(settle(to == EndpointState::Deleted ? "endpoint.deleted" : "endpoint.disabled", before,
                             std::move(after)));
    if (to != EndpointState::Deleted) return {};
    SEALPOST_TRY_VOID(destroy_keys_of(before.head.position));
    return delete_subscriptions([&](const Subscription& s) { return s.endpoint == before.id(); });
  }

  Operation<void> end_channel() {
    SEALPOST_TRY(const Channel before, find(parts_.picture.channels));
    if (before.state != ChannelState::Active)
      return refuse(PublicCode::Conflict, "the channel is deleted already");
    Channel after = before;
    after.state = ChannelState::Deleted;
    SEALPOST_TRY_VOID(settle("channel.deleted", before, std::move(after)));
    return delete_subscriptions([&](const Subscription& s) { return s.channel == before.id(); });
  }

  Operation<void> destroy_keys_of(Position owner) {
    for (const auto& [position, key] : parts_.picture.keys) {
      if (key->owner != owner || key->state == KeyState::Destroyed) continue;
      SEALPOST_TRY(SigningKey after, lived(destroy_from_any_state(*key, context_.now)));
      SEALPOST_TRY_VOID(also("key.destroyed", *key, std::move(after), Bytes{}));
    }
    return {};
  }

  template <class Which>
  Operation<void> delete_subscriptions(Which&& which) {
    for (const auto& [position, subscription] : parts_.picture.all_subscriptions) {
      if (subscription->state != SubscriptionState::Active || !which(*subscription)) continue;
      Subscription after = *subscription;
      after.state = SubscriptionState::Deleted;
      SEALPOST_TRY_VOID(also("subscription.deleted", *subscription, std::move(after)));
    }
    return {};
  }

  Operation<std::uint64_t> cancel_deliveries() {
    return told(cancel_step(parts_.transaction.store(), parts_.end, context_.now));
  }

  Parts parts_;
  ViewContext context_;
  RevocationReceipt& receipt_;
  std::optional<AuditEvent> event_;
  EndedAccess ended_;
};

// A backlog ends in steps; each is a change with a record of its own.
Operation<void> cancel_the_rest(Operations& operations, const Actor& actor, const AccessEnd& end,
                                const EndedAccess& ended, RevocationReceipt& receipt) {
  for (std::uint64_t step = receipt.ended.deliveries_cancelled; step > 0;) {
    SEALPOST_TRY(
        step,
        operations.change<std::uint64_t>([&](ControlTransaction& transaction,
                                             const DirectorySnapshot& picture) -> Operation<std::uint64_t> {
          SEALPOST_TRY(const std::uint64_t count,
                       told(Ending::cancel_step(transaction.store(), end, operations.now())));
          if (count == 0) return count;
          const ViewContext context = view_context(operations, picture);
          AuditEvent event = change_event(context, actor,
                                          {.event_class = "deliveries.cancelled",
                                           .tenancy = ended.tenancy,
                                           .integration = ended.integration,
                                           .workspace = {},
                                           .kind = ended.kind,
                                           .position = ended.position});
          event.what().add("cancelled_deliveries", static_cast<std::int64_t>(count));
          if (!end.reason.empty()) event.what().add("reason", end.reason);
          SEALPOST_TRY_VOID(told(transaction.record(event)));
          return count;
        }));
    receipt.ended.deliveries_cancelled += step;
  }
  return {};
}

std::uint64_t number_in(const std::vector<CanonicalField>& fields, std::string_view key) {
  for (const CanonicalField& field : fields)
    if (field.key == key)
      if (const auto* number = std::get_if<std::int64_t>(&field.value))
        return static_cast<std::uint64_t>(*number);
  return 0;
}

// The first answer again, from the record that tells it.
Operation<RevocationReceipt> receipt_again(const Operations& operations, const AccessEnd& end,
                                           std::uint64_t index) {
  const auto record =
      operations.parts().audit.open_record({end.tenancy.organization, Environment::Shared}, index);
  if (!record) return refuse(PublicCode::StoreUnavailable);
  RevocationReceipt receipt;
  receipt.organization = end.tenancy.organization;
  receipt.reason = end.reason;
  receipt.repeated = true;
  receipt.audit_index = index;
  receipt.at = from_unix_ms(record->leaf.fields.time_ms);
  receipt.node = operations.parts().hooks.node;
  receipt.confirmed_at = receipt.at;
  for (const OpenedGroup& group : record->groups) {
    if (group.label != label_of(AuditGroup::What)) continue;
    const auto fields = parse_canonical_fields(group.canonical);
    if (!fields) return refuse(PublicCode::StoreUnavailable);
    receipt.epoch = number_in(*fields, "epoch");
    receipt.ended.grants = number_in(*fields, "ended_grants");
    receipt.ended.credentials = number_in(*fields, "ended_credentials");
    receipt.ended.deliveries_cancelled = number_in(*fields, "cancelled_deliveries");
  }
  return receipt;
}

Operation<RevocationReceipt> end_for(Operations& operations, const Actor& actor, const AccessEnd& end) {
  RevocationReceipt receipt;
  std::optional<std::uint64_t> first;
  auto ended = operations.change<EndedAccess>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<EndedAccess> {
        const AuthorizedCall* call = actor.call();
        if (call != nullptr) {
          // A record's index begins at 0, a position at 1.
          SEALPOST_TRY(const auto repeat,
                       find_repeat(operations, transaction.store(), *call, end.tenancy, end.once));
          if (repeat) {
            first = *repeat - 1;
            return EndedAccess{};
          }
        }
        Ending ending({operations, actor, end, transaction, picture}, receipt);
        SEALPOST_TRY(EndedAccess what, ending.run());
        if (call != nullptr) {
          SEALPOST_TRY_VOID(
              claim_once(operations, transaction, *call, end.tenancy, end.once, receipt.audit_index + 1));
        }
        return what;
      });
  if (!ended) return fail(ended.error());
  if (first) return receipt_again(operations, end, *first);
  const RevocationHooks& hooks = operations.parts().hooks;
  if (hooks.abort_sends) receipt.aborted = hooks.abort_sends(*ended);
  receipt.node = hooks.node;
  receipt.confirmed_at = operations.now();
  // Access has ended and is on disk: a backlog that can't be cancelled now is refused at each claim instead.
  static_cast<void>(cancel_the_rest(operations, actor, end, *ended, receipt));
  return receipt;
}

}  // namespace

Operation<RevocationReceipt> end_access(Operations& operations, const AuthorizedCall& call,
                                        const AccessEnd& end) {
  return end_for(operations, Actor(call), end);
}
Operation<RevocationReceipt> end_access(Operations& operations, const SystemCall& call,
                                        const AccessEnd& end) {
  return end_for(operations, Actor(call), end);
}

boost::json::object view_of(const ViewContext& context, const RevocationReceipt& receipt) {
  boost::json::value aborted_count;
  boost::json::value aborted;
  if (receipt.aborted) {
    aborted_count = receipt.aborted->size();
    boost::json::array& list = aborted.emplace_array();
    for (const DeliveryId delivery : *receipt.aborted) list.emplace_back(context.ids.encode(delivery));
  }
  boost::json::array nodes;
  nodes.push_back(
      boost::json::object{{"node", receipt.node}, {"confirmed_at", to_rfc3339(receipt.confirmed_at)}});
  return {{"epoch", receipt.epoch},
          {"reason", receipt.reason},
          {"at", to_rfc3339(receipt.at)},
          {"ended", boost::json::object{{"grants", receipt.ended.grants},
                                        {"credentials", receipt.ended.credentials},
                                        {"sends_aborted", std::move(aborted_count)}}},
          {"aborted_deliveries", std::move(aborted)},
          {"nodes", std::move(nodes)},
          {"audit", audit_position_view(context, receipt.organization, receipt.audit_index)}};
}

}  // namespace sealpost
