#include "flow/directory/sources.h"

#include <algorithm>

#include "flow/directory/internal/writing.h"
#include "flow/directory/rates.h"

namespace sealpost {
namespace {

constexpr std::uint32_t kMaxHorizonHours = 8760;
constexpr std::size_t kMaxNetworks = 100;

Operation<void> judge_source(const Source& source, const PublicIdCodec& ids) {
  const auto bad = [](const char* field, const char* detail) {
    return refuse(PublicCode::ValidationFailed, detail, {field});
  };
  if (!is_name(source.name)) return bad("/name", "1 to 200 characters");
  if (source.claim_horizon_hours > kMaxHorizonHours) return bad("/claim_horizon_hours", "more than a year");
  if (source.networks.size() > kMaxNetworks)
    return refuse(PublicCode::TooManyItems, "at most 100", {"/networks"});
  if (source.max_body_bytes == 0) return bad("/max_body_bytes", "no body would fit");
  if (!are_event_types(source.event_types))
    return bad("/event_types", "at most 200 event types, each of the known form");
  SEALPOST_TRY_VOID(judge_event_rules(source.event_rules, source.event_types));
  const auto plan = SourcePlan::create(std::make_shared<const Source>(source), ids);
  if (plan && source.claims_until_key_retired && plan->settings.has_signed_time())
    return bad("/claims_until_key_retired",
               "the scheme signs a time, after whose window nothing verifies again");
  if (plan) return {};
  switch (plan.error()) {
    case SourceProblem::Scheme:
      return bad("/scheme", "this scheme takes no such settings");
    case SourceProblem::Template:
      return bad("/hmac_template", "the template does not mean something exact, or the scheme takes none");
    case SourceProblem::Window:
      return bad("/window_seconds", "10 seconds to 1 hour");
    case SourceProblem::BodyBound:
      return bad("/max_body_bytes", "above what is read");
    case SourceProblem::Networks:
      return bad("/networks", "not a network");
    case SourceProblem::Redaction:
      return bad("/event_rules", "a rule that means nothing");
    case SourceProblem::EventTypes:
      return bad("/event_types", "not an event type");
  }
  return refuse(PublicCode::InternalError);
}

std::uint32_t body_bound_of(InboundScheme scheme) {
  const auto known = scheme_from_name(enum_name(scheme));
  return known ? static_cast<std::uint32_t>(default_max_body(*known)) : Source{}.max_body_bytes;
}

template <class T>
void take(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

Operation<void> apply_change(Source& source, const SourceChange& change, const Operations& operations,
                             const AuthorizedCall& call) {
  if (source.state == SourceState::Deleted) return refuse(PublicCode::Conflict, "the source is deleted");
  take(change.name, source.name);
  take(change.window_seconds, source.window_seconds);
  take(change.max_body_bytes, source.max_body_bytes);
  take(change.event_types, source.event_types);
  take(change.networks, source.networks);
  take(change.event_rules, source.event_rules);
  take(change.claim_horizon_hours, source.claim_horizon_hours);
  take(change.claims_until_key_retired, source.claims_until_key_retired);
  if (change.state) source.state = *change.state;
  SEALPOST_TRY_VOID(judge_rate(call, {source.rate_per_second, source.rate_burst}, change.rate_limit,
                               operations.parts().rates.source));
  set_rate(source, change.rate_limit);
  return judge_source(source, operations.parts().ids);
}

}  // namespace

Operation<Made> create_source(Operations& operations, const AuthorizedCall& call, const NewSource& request) {
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, request.integration));
    Source made;
    made.head = new_head(operations, integration->head.tenancy);
    made.integration = integration->id();
    made.name = request.name;
    made.scheme = request.scheme;
    made.generic = request.hmac_template;
    made.window_seconds = request.window_seconds.value_or(made.window_seconds);
    made.max_body_bytes = request.max_body_bytes.value_or(body_bound_of(request.scheme));
    made.event_types = request.event_types;
    made.networks = request.networks;
    made.event_rules = request.event_rules;
    made.claim_horizon_hours = request.claim_horizon_hours;
    made.claims_until_key_retired = request.claims_until_key_retired;
    SEALPOST_TRY_VOID(judge_rate(call, {}, request.rate_limit, operations.parts().rates.source));
    set_rate(made, request.rate_limit);
    SEALPOST_TRY_VOID(judge_source(made, operations.parts().ids));
    return insert_once(operations, transaction, picture, call, request.once, picture.sources, made,
                       integration->head.position, "source.created");
  });
}

Operation<Resource> read_source(Operations& operations, const AuthorizedCall& call, SourceId id) {
  return read_record(operations, call, &DirectorySnapshot::sources, id.position);
}

Operation<PageView> list_sources(Operations& operations, const AuthorizedCall& call,
                                 IntegrationId integration, const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::sources, page, [&](const Source& source) {
    return source.state != SourceState::Deleted && (!integration.set() || source.integration == integration);
  });
}

Operation<Resource> update_source(Operations& operations, const AuthorizedCall& call, SourceId id,
                                  const SourceChange& change, std::uint64_t if_version) {
  if (change.state == SourceState::Deleted)
    return refuse(PublicCode::ValidationFailed, "delete it instead", {"/state"});
  const auto picture = operations.picture();
  SEALPOST_TRY(const Source* seen,
               find_visible(*picture->directory, picture->directory->sources, call, id.position));
  SourceChange rest = change;
  const bool suspends = change.state == SourceState::Suspended && seen->state == SourceState::Active;
  const bool has_more = change.name || change.window_seconds || change.max_body_bytes || change.event_types ||
                        change.networks || change.event_rules || change.claim_horizon_hours ||
                        change.claims_until_key_retired || change.rate_limit;
  if (suspends) {
    // Taking access away has one door; what else changes follows it. Checked first, so that a bad change ends
    // nothing.
    Source after = *seen;
    SEALPOST_TRY_VOID(apply_change(after, change, operations, call));
    SEALPOST_TRY_VOID(end_visible(operations, call, &DirectorySnapshot::sources, id.position,
                                  {.kind = AccessEndKind::SuspendSource,
                                   .tenancy = {},
                                   .what = 0,
                                   .reason = {},
                                   .compromised_since = {},
                                   .if_version = if_version,
                                   .once = {}}));
    if (!has_more) return read_source(operations, call, id);
    rest.state.reset();
    if (if_version != 0) ++if_version;
  }
  return update_record(operations, call, &DirectorySnapshot::sources, id.position, if_version,
                       "source.updated", [&](Source& source, const DirectorySnapshot&, ControlTransaction&) {
                         return apply_change(source, rest, operations, call);
                       });
}

Operation<RevocationReceipt> delete_source(Operations& operations, const AuthorizedCall& call, SourceId id,
                                           std::optional<std::uint64_t> if_version) {
  return end_visible(operations, call, &DirectorySnapshot::sources, id.position,
                     {.kind = AccessEndKind::DeleteSource,
                      .tenancy = {},
                      .what = 0,
                      .reason = "deleted",
                      .compromised_since = {},
                      .if_version = if_version,
                      .once = {}});
}

bool may_need_claims(const DirectorySnapshot& picture) {
  return !picture.damaged.empty() || std::ranges::any_of(picture.sources, [](const auto& source) {
    return source.second->claims_until_key_retired;
  });
}

bool are_claims_needed(const DirectorySnapshot& picture, Position owner, WallTime made_by) {
  const Source* source = picture.find(SourceId{owner});
  // A row that was damaged may be this one.
  if (source == nullptr) return !picture.damaged.empty();
  if (!source->claims_until_key_retired) return false;
  if (!picture.damaged.empty()) return true;
  const auto keys = picture.keys_of.find(owner);
  return keys != picture.keys_of.end() && std::ranges::any_of(keys->second, [&](const auto& key) {
           const bool verifies = key->state == KeyState::Active || key->state == KeyState::Retiring;
           return verifies && key->head.created_at <= made_by;
         });
}

}  // namespace sealpost
