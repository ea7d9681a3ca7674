#include "flow/acceptance/acceptance.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json/monotonic_resource.hpp>

#include "domain/model/carried_message.h"
#include "domain/schemes/body_member.h"
#include "domain/wire/outbound_body.h"
#include "flow/acceptance/internal/evidence.h"
#include "foundation/crypto/seal_batch.h"
#include "foundation/json/json.h"
#include "trust/replay_guard/claims.h"

namespace sealpost {
namespace {

// The public code of a refusal is found by its name: schemes and contract share the names.
PublicCode code_of(Refusal refusal) {
  const auto code = find_public_code(name(refusal));
  return code ? *code : PublicCode::BadSignature;
}

bool before_signature(Refusal refusal) {
  switch (refusal) {
    case Refusal::BodyTooLarge:
    case Refusal::UnsupportedEncoding:
    case Refusal::MissingSignature:
    case Refusal::MalformedHeader:
    case Refusal::TimestampExpired:
    case Refusal::TimestampInFuture:
    case Refusal::BadSignature:
    case Refusal::UnknownKey:
      return true;
    default:
      return false;
  }
}

// The other side asks for its challenge while the integration is set up or works, not once it was stopped.
bool is_being_set_up(const Integration* integration) {
  return integration != nullptr &&
         (integration->state == IntegrationState::Draft || integration->state == IntegrationState::Active);
}

bool may_verify(VerificationKeyState state) {
  return state == VerificationKeyState::Active || state == VerificationKeyState::Retiring;
}

RateLimit limit_of(std::uint32_t per_second, std::uint32_t burst, const RateLimit& otherwise) {
  if (per_second == 0) return otherwise;
  return {static_cast<double>(per_second), static_cast<double>(burst == 0 ? per_second * 2 : burst)};
}

// A webhook's id with another body is a replay, whichever kind of claim noticed.
AcceptOutcome as_webhook(AcceptOutcome outcome) {
  if (outcome.status == AcceptStatus::Mismatch) outcome.status = AcceptStatus::Replayed;
  return outcome;
}

AcceptanceAnswer answer_of(const AcceptOutcome& outcome) {
  switch (outcome.status) {
    case AcceptStatus::Accepted:
    case AcceptStatus::Repeated:
      return Receipt{outcome.message, outcome.audit_index, outcome.accepted_at,
                     outcome.status == AcceptStatus::Repeated, outcome.deliveries};
    case AcceptStatus::Replayed:
      return Refused{.code = PublicCode::Replayed,
                     .refusal = {},
                     .retry_after = {},
                     .first = outcome.message,
                     .detail = {}};
    case AcceptStatus::Mismatch:
      return Refused{.code = PublicCode::IdempotencyMismatch,
                     .refusal = {},
                     .retry_after = {},
                     .first = outcome.message,
                     .detail = {}};
    case AcceptStatus::EpochChanged:
      return Refused{.code = PublicCode::StoreUnavailable,
                     .refusal = {},
                     .retry_after = Seconds(1),
                     .first = {},
                     .detail = "epoch"};
    case AcceptStatus::Failed:
      break;
  }
  const bool unknown = outcome.error == StoreError::OutcomeUnknown;
  return Refused{.code = unknown ? PublicCode::OutcomeUnknown : PublicCode::StoreUnavailable,
                 .refusal = {},
                 .retry_after = Seconds(unknown ? 1 : 5),
                 .first = {},
                 .detail = {}};
}

Refused refused(PublicCode code, std::optional<Seconds> retry_after = {}) {
  return {.code = code, .refusal = {}, .retry_after = retry_after, .first = {}, .detail = {}};
}

PublicCode code_of(const JsonError& error) {
  switch (error.problem) {
    case JsonProblem::TooDeep:
      return PublicCode::JsonTooDeep;
    case JsonProblem::DuplicateName:
      return PublicCode::DuplicateMember;
    case JsonProblem::TooLarge:
      return PublicCode::BodyTooLarge;
    case JsonProblem::Malformed:
      break;
  }
  return PublicCode::MalformedJson;
}

// How often a body has been through a gateway: only our own wrapped form says so, whatever an unsigned
// Content-Type calls it.
std::uint32_t hops_of(ByteView body) {
  constexpr std::array<std::string_view, 3> kNames{"id", "organization", "hops"};
  std::array<std::string_view, 3> values{};
  // Our form writes the name without escapes, so most bodies need no reading.
  if (as_text(body).find(R"(hops")") == std::string_view::npos) return 0;
  if (!find_members(body, kNames, values)) return 0;
  const auto [id, organization, hops] = values;
  if (!id.starts_with(R"("msg_)") || !organization.starts_with(R"("org_)") || hops.empty()) return 0;
  std::uint32_t count = 0;
  const auto read = std::from_chars(hops.data(), hops.data() + hops.size(), count);
  return read.ec == std::errc() && read.ptr == hops.data() + hops.size() ? count : kMaxHops;
}

}  // namespace

struct Acceptance::Prepared {
  MessageId message;
  SourceId source;
  std::vector<Claim> claims;
  std::string event_type;
  bool event_type_authenticated = true;
  std::string event_id;
  std::string content_type;
  ByteView body;
  const boost::json::value* parsed = nullptr;  // null: not JSON
  const RedactionPlan* redaction = nullptr;
  std::optional<ChannelId> channel;
  std::string scheme;  // how it was proven
  std::string key_id;
  WallTime received_at{};
};

std::vector<NewDelivery> Acceptance::route(const AuthorizedCall& call, const DirectorySnapshot& directory,
                                           const std::string& event_type,
                                           std::optional<ChannelId> channel) const {
  std::vector<NewDelivery> deliveries;
  const auto add = [&](TargetKind kind, Position target) {
    const bool known =
        std::ranges::any_of(deliveries, [&](const NewDelivery& one) { return one.target == target; });
    if (!known && call.reaches(Scope::MessagesWrite, target)) deliveries.push_back({0, kind, target});
  };
  if (channel) {
    add(TargetKind::Channel, channel->position);
    return deliveries;
  }
  const auto it = directory.subscriptions.find(call.integration().position);
  if (it == directory.subscriptions.end()) return deliveries;
  for (const auto& subscription : it->second) {
    const auto& types = subscription->event_types;
    if (!types.empty() && std::ranges::find(types, event_type) == types.end()) continue;
    if (subscription->endpoint) {
      const Endpoint* endpoint = directory.find(*subscription->endpoint);
      if (endpoint != nullptr && endpoint->state == EndpointState::Active)
        add(TargetKind::Endpoint, endpoint->head.position);
    }
    if (subscription->channel) {
      const Channel* target = directory.find(*subscription->channel);
      if (target != nullptr && target->state == ChannelState::Active)
        add(TargetKind::Channel, target->head.position);
    }
  }
  return deliveries;
}

Result<AcceptMessage, PublicCode> Acceptance::prepare(const AuthorizedCall& call,
                                                      const GatewayPicture& picture, Prepared prepared) {
  const SealBatch seals;
  const Tenancy& tenancy = call.tenancy();
  const std::uint32_t hops = hops_of(prepared.body);
  if (hops >= kMaxHops) return fail(PublicCode::LoopDetected);
  const auto payload_key = parts_.vault.current_data_key(tenancy.organization, RetentionClass::Payload);
  const auto digest = parts_.vault.keyed_digest(tenancy.organization, prepared.body);
  if (!payload_key || !digest) return fail(PublicCode::KeyUnavailable);

  AcceptMessage message;
  message.tenancy = tenancy;
  message.epoch = call.epoch();
  message.integration = call.integration();
  message.source = prepared.source.position;
  message.claims = std::move(prepared.claims);
  message.accepted_at = call.at();
  message.event_type = prepared.event_type;
  message.event_id = prepared.event_id;
  message.payload_digest = digest->digest;
  message.payload_size = static_cast<std::uint32_t>(prepared.body.size());
  message.content_type = prepared.content_type;
  message.deliveries = route(call, *picture.directory, prepared.event_type, prepared.channel);
  message.message = {
      parts_.store.positions().draw(static_cast<std::uint32_t>(message.deliveries.size()) + 1)};
  for (std::size_t i = 0; i < message.deliveries.size(); ++i)
    message.deliveries[i].position = message.message.position + 1 + i;
  if (prepared.redaction != nullptr) {
    if (prepared.parsed != nullptr)
      message.summary = prepared.redaction->summarise(prepared.event_type, *prepared.parsed);
    if (const auto days = prepared.redaction->keep_payload_days(prepared.event_type); days > 0)
      message.keep_payload_until = call.at() + std::chrono::days(days);
  }
  if (message.summary.empty()) message.summary = "{}";
  const Bytes stored = encode_stored_payload(hops, prepared.parsed != nullptr, prepared.body);
  message.sealed_payload = payload_key->seal(stored,
                                             {.tenancy = tenancy,
                                              .kind = EntityKind::Message,
                                              .id = message.message.position,
                                              .version = 1,
                                              .field = "payload"},
                                             parts_.entropy);
  message.carry = std::make_shared<const CarriedMessage>(CarriedMessage{
      prepared.source, hops, prepared.parsed != nullptr, Bytes(prepared.body.begin(), prepared.body.end())});

  const AcceptanceEvidence evidence{.call = call,
                                    .directory = *picture.directory,
                                    .ids = parts_.ids,
                                    .message = message,
                                    .digest_key = digest->key,
                                    .payload_key = payload_key->id(),
                                    .scheme = prepared.scheme,
                                    .key_id = prepared.key_id,
                                    .event_type_authenticated = prepared.event_type_authenticated,
                                    .received_at = prepared.received_at,
                                    .prepared_at = parts_.clock.wall_now()};
  auto facts = evidence.facts();
  if (!facts) return fail(PublicCode::ValidationFailed);
  message.facts = *std::move(facts);
  auto draft = parts_.audit.draft(evidence.event());
  if (!draft)
    return fail(draft.error() == AuditError::KeyUnavailable ? PublicCode::KeyUnavailable
                                                            : PublicCode::ValidationFailed);
  message.audit = *std::move(draft);
  return message;
}

std::optional<Seconds> Acceptance::take_quota(const SourcePlan& plan, const Integration* integration) {
  const SteadyTime now = parts_.clock.steady_now();
  const RateLimit source_limit =
      limit_of(plan.source->rate_per_second, plan.source->rate_burst, limits_.source);
  if (const auto wait = limiter_.take(plan.source->head.position, source_limit, 1, now)) return wait;
  if (integration == nullptr) return std::nullopt;
  const RateLimit limit =
      limit_of(integration->rate_per_second, integration->rate_burst, limits_.integration);
  const auto wait = limiter_.take(integration->head.position, limit, 1, now);
  if (wait) limiter_.give_back(plan.source->head.position, source_limit, 1);
  return wait;
}

void Acceptance::give_back_quota(const SourcePlan& plan, const Integration* integration) {
  limiter_.give_back(plan.source->head.position,
                     limit_of(plan.source->rate_per_second, plan.source->rate_burst, limits_.source), 1);
  if (integration == nullptr) return;
  limiter_.give_back(integration->head.position,
                     limit_of(integration->rate_per_second, integration->rate_burst, limits_.integration), 1);
}

Refused Acceptance::refuse(const SourcePlan& plan, const WebhookArrival& arrival,
                           std::span<const VerificationKey> keys, PublicCode code,
                           std::optional<Seconds> retry_after) {
  const GatewayPicturePtr picture = parts_.directory.picture();
  const Integration* integration = picture->directory->find(plan.source->integration);
  const RefusalKind kind{.tenancy = plan.source->head.tenancy,
                         .integration = plan.source->integration,
                         .source = plan.source->id(),
                         .code = code,
                         .workspace = integration == nullptr ? WorkspaceId{} : integration->workspace,
                         .source_system = integration == nullptr ? "" : integration->source_system,
                         .scheme = std::string(name(plan.settings.scheme())),
                         .request = arrival.request};
  const RefusalId id = parts_.ledger.note(kind, arrival.http.client, [&] {
    return steps_text(
        explain(plan.settings, arrival.http.headers.view(), arrival.http.body, keys, arrival.at));
  });
  return {.code = code, .refusal = id, .retry_after = retry_after, .first = {}, .detail = {}};
}

void Acceptance::webhook_try(std::shared_ptr<const WebhookArrival> arrival, Done done, int tries_left) {
  const GatewayPicturePtr picture = parts_.directory.picture();
  const SourcePlan* plan = picture->find_plan(arrival->source);
  if (plan == nullptr || plan->source->state == SourceState::Deleted) {
    parts_.ledger.note_unknown_source();
    return done(refused(PublicCode::UnknownSource));
  }
  const auto keys = picture->keys->inbound(arrival->source);
  const ByteView body(arrival->http.body);
  const SignatureFacts facts = gather(plan->settings, arrival->http.headers.view(), body, keys, arrival->at);
  if (const auto early = decide(facts, {}); early && before_signature(*early))
    return done(refuse(*plan, *arrival, keys, code_of(*early)));

  // From here on the sender has shown that it holds a key of the source.
  const auto organization = parts_.vault.organization(plan->source->head.tenancy.organization);
  if (!organization) return done(refused(PublicCode::KeyUnavailable, Seconds(1)));
  const CallContext context{arrival->request, arrival->http.client, arrival->at};
  auto call = parts_.gate.authorize_webhook(*picture->directory, arrival->source, facts, context);
  DecisionContext decision;
  decision.event_type_allowed = plan->allows_type(facts.event_type);
  decision.network_allowed = plan->allows_network(arrival->http.client);
  decision.grant = call ? GrantFinding::Active : grant_finding(call.error());
  if (plan->settings.scheme() == Scheme::Slack && decision.network_allowed && may_verify(facts.key_state) &&
      is_being_set_up(picture->directory->find(plan->source->integration))) {
    auto challenge = slack_challenge(body);
    if (challenge.asked) {
      if (const auto wait = take_quota(*plan, picture->directory->find(plan->source->integration)))
        return done(refuse(*plan, *arrival, keys, PublicCode::RateLimited, wait));
      if (challenge.text) return done(Challenge{*std::move(challenge.text)});
      return done(refuse(*plan, *arrival, keys, PublicCode::ChallengeRefused));
    }
  }

  Claim claim = make_replay_claim(*organization, *plan->source, facts, body, arrival->at);
  std::optional<Refusal> refusal = decide(facts, decision);
  std::optional<PublicCode> code = refusal ? std::optional(code_of(*refusal)) : std::nullopt;
  // That access is the reason was decided there; which one it is, the gate knows: a draft, a revoked
  // integration, ...
  if (!call && refusal && (*refusal == Refusal::GrantNotActive || *refusal == Refusal::Suspended))
    code = call.error().code;
  if (!code && !call) code = call.error().code;
  // Read and dropped within this call.
  std::array<unsigned char, 8192> document;
  boost::json::monotonic_resource storage(document.data(), document.size());
  std::optional<boost::json::value> parsed;
  const auto content_type = arrival->http.headers.sole("content-type");
  if (!code && is_json_content_type(content_type)) {
    auto read =
        parse_json(as_text(body), {.max_depth = 64, .max_bytes = plan->settings.max_body_bytes()}, &storage);
    if (read)
      parsed.emplace(*std::move(read), &storage);
    else
      code = code_of(read.error());
  }
  std::optional<Seconds> wait;
  if (!code) {
    wait = take_quota(*plan, picture->directory->find(plan->source->integration));
    if (wait) code = PublicCode::RateLimited;
  }
  if (code)
    return refuse_after_claims(std::move(arrival), *plan, claim, refused(*code, wait), std::move(done));

  Prepared prepared{.message = {},
                    .source = arrival->source,
                    .claims = {},
                    .event_type = facts.event_type,
                    .event_type_authenticated = facts.event_type_authenticated,
                    .event_id = facts.signed_id.empty() ? facts.unsigned_id : facts.signed_id,
                    .content_type = std::string(storable_content_type(content_type)),
                    .body = body,
                    .parsed = parsed ? &*parsed : nullptr,
                    .redaction = &plan->redaction,
                    .channel = {},
                    .scheme = std::string(name(plan->settings.scheme())),
                    .key_id = facts.key_id,
                    .received_at = arrival->at};
  prepared.claims.push_back(claim);
  auto message = prepare(*call, *picture, std::move(prepared));
  if (!message) {
    if (message.error() == PublicCode::KeyUnavailable) {
      give_back_quota(*plan, picture->directory->find(plan->source->integration));
      return done(refused(PublicCode::KeyUnavailable, Seconds(1)));
    }
    return refuse_after_claims(std::move(arrival), *plan, claim, refused(message.error()), std::move(done));
  }
  std::vector<AcceptMessage> batch;
  batch.push_back(*std::move(message));
  auto shared_done = std::make_shared<Done>(std::move(done));
  const bool queued = parts_.store.accept_messages(
      std::move(batch),
      [this, arrival, shared_done, picture, tries_left](std::vector<AcceptOutcome> outcomes) {
        const AcceptOutcome& outcome = outcomes.front();
        const SourcePlan* planned = picture->find_plan(arrival->source);
        if (outcome.status == AcceptStatus::EpochChanged)
          give_back_quota(*planned, picture->directory->find(planned->source->integration));
        if (outcome.status == AcceptStatus::EpochChanged && tries_left > 0) {
          Task again = [this, arrival, shared_done, tries_left] {
            parts_.directory.settle();
            webhook_try(arrival, std::move(*shared_done), tries_left - 1);
          };
          if (parts_.pool.try_submit(std::move(again))) return;
        }
        AcceptanceAnswer answer = answer_of(as_webhook(outcome));
        if (auto* replayed = std::get_if<Refused>(&answer);
            replayed != nullptr && replayed->code == PublicCode::Replayed) {
          replayed->refusal =
              refuse(*planned, *arrival, picture->keys->inbound(arrival->source), replayed->code).refusal;
        }
        (*shared_done)(std::move(answer));
      });
  if (queued) return;
  give_back_quota(*plan, picture->directory->find(plan->source->integration));
  (*shared_done)(refused(PublicCode::Overloaded, Seconds(1)));
}

void Acceptance::refuse_after_claims(std::shared_ptr<const WebhookArrival> arrival, const SourcePlan& plan,
                                     Claim claim, Refused refusal, Done done) {
  // A replay is told before any later reason, and a genuine retry gets its first receipt whatever else is
  // wrong now.
  const Tenancy tenancy = plan.source->head.tenancy;
  auto shared_done = std::make_shared<Done>(std::move(done));
  Task look = [this, arrival = std::move(arrival), claim, tenancy, refusal, shared_done]() mutable {
    AcceptOutcome outcome;
    const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(outcome, reader.judge_claim(tenancy, claim));
      outcome = as_webhook(outcome);
      return {};
    });
    if (!read) return (*shared_done)(refused(PublicCode::StoreUnavailable, Seconds(1)));
    if (outcome.status == AcceptStatus::Repeated) return (*shared_done)(answer_of(outcome));
    const GatewayPicturePtr picture = parts_.directory.picture();
    const SourcePlan* known = picture->find_plan(arrival->source);
    if (known == nullptr) return (*shared_done)(refused(PublicCode::UnknownSource));
    const bool replayed = outcome.status == AcceptStatus::Replayed;
    Refused answer =
        refuse(*known, *arrival, picture->keys->inbound(arrival->source),
               replayed ? PublicCode::Replayed : refusal.code, replayed ? std::nullopt : refusal.retry_after);
    if (replayed) answer.first = outcome.message;
    (*shared_done)(std::move(answer));
  };
  if (!parts_.pool.try_submit(std::move(look))) (*shared_done)(refused(PublicCode::Overloaded, Seconds(1)));
}

void Acceptance::messages(const AuthorizedCall& call, std::string_view route_name,
                          std::vector<NewMessage> messages, DoneMany done) {
  const GatewayPicturePtr picture = parts_.directory.picture();
  const Integration* integration = picture->directory->find(call.integration());
  std::vector<AcceptanceAnswer> answers(messages.size(),
                                        AcceptanceAnswer(refused(PublicCode::InternalError)));
  std::vector<AcceptMessage> batch;
  std::vector<std::size_t> places;
  const auto keys = parts_.vault.organization(call.tenancy().organization);
  const auto redaction = picture->redactions.find(call.integration().position);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    NewMessage& one = messages[i];
    if (!keys) {
      answers[i] = refused(PublicCode::KeyUnavailable, Seconds(1));
      continue;
    }
    if (one.channel && !call.reaches(Scope::MessagesWrite, one.channel->position)) {
      answers[i] = refused(PublicCode::ResourceNotInScope);
      continue;
    }
    if (integration != nullptr) {
      const RateLimit limit =
          limit_of(integration->rate_per_second, integration->rate_burst, limits_.integration);
      if (const auto wait = limiter_.take(integration->head.position, limit, 1, parts_.clock.steady_now())) {
        answers[i] = refused(PublicCode::RateLimited, wait);
        continue;
      }
    }
    Prepared prepared{.message = {},
                      .source = {},
                      .claims = {},
                      .event_type = one.event_type,
                      .event_type_authenticated = true,
                      .event_id = one.event_id,
                      .content_type = "application/json",
                      .body = as_bytes(one.data),
                      .parsed = &one.parsed,
                      .redaction = redaction == picture->redactions.end() ? nullptr : redaction->second.get(),
                      .channel = one.channel,
                      .scheme = "access_token",
                      .key_id = {},
                      .received_at = call.at()};
    if (!one.idempotency_key.empty()) {
      std::string scoped = one.event_type + '\n' + one.event_id + '\n' +
                           (one.channel ? std::to_string(one.channel->position) : "") + '\n' + one.data;
      prepared.claims.push_back(make_idempotency_claim(*keys,
                                                       {.tenancy = call.tenancy(),
                                                        .caller = call.caller_position(),
                                                        .route = route_name,
                                                        .key = one.idempotency_key,
                                                        .body = as_bytes(scoped)},
                                                       call.at()));
    }
    auto message = prepare(call, *picture, std::move(prepared));
    if (!message) {
      answers[i] =
          refused(message.error(),
                  message.error() == PublicCode::KeyUnavailable ? std::optional(Seconds(1)) : std::nullopt);
      continue;
    }
    batch.push_back(*std::move(message));
    places.push_back(i);
  }
  if (batch.empty()) return done(std::move(answers));
  auto shared = std::make_shared<std::pair<DoneMany, std::vector<AcceptanceAnswer>>>(std::move(done),
                                                                                     std::move(answers));
  const bool queued =
      parts_.store.accept_messages(std::move(batch), [shared, places](std::vector<AcceptOutcome> outcomes) {
        for (std::size_t i = 0; i < outcomes.size(); ++i) shared->second[places[i]] = answer_of(outcomes[i]);
        shared->first(std::move(shared->second));
      });
  if (queued) return;
  for (const std::size_t place : places) shared->second[place] = refused(PublicCode::Overloaded, Seconds(1));
  shared->first(std::move(shared->second));
}

}  // namespace sealpost
