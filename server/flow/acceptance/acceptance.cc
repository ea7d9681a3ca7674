#include "flow/acceptance/acceptance.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "domain/model/carried_message.h"
#include "domain/schemes/body_member.h"
#include "domain/wire/outbound_body.h"
#include "flow/acceptance/internal/answers.h"
#include "flow/acceptance/internal/evidence.h"
#include "flow/acceptance/internal/prepared.h"
#include "flow/acceptance/internal/rate_share.h"
#include "foundation/crypto/seal_batch.h"
#include "trust/replay_guard/claims.h"

namespace sealpost {
namespace {

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

// `test` and `live` never touch: each has the organization's rate for itself.
void Acceptance::add_shares(RateShares& shares, const DirectorySnapshot& directory,
                            const Integration* integration) const {
  if (integration == nullptr) return;
  constexpr Position kLive = Position{1} << 63;  // no position is as large
  const Tenancy& tenancy = integration->head.tenancy;
  add_share(shares, integration, rates_.integration);
  add_share(shares, directory.find(tenancy.organization), rates_.organization,
            tenancy.environment == Environment::Live ? kLive : 0);
}

// What was refused for a reason of ours is given back. One that came before costs its sender, and nobody who
// shares a rate with it: a captured request can be sent again by anybody.
void Acceptance::settle(const RateShares& shares, AcceptStatus status) {
  if (status == AcceptStatus::EpochChanged) limiter_.give_back(shares);
  if (status == AcceptStatus::Repeated || status == AcceptStatus::Replayed ||
      status == AcceptStatus::Mismatch)
    limiter_.give_back_shared(shares);
}

RateShares Acceptance::shares_of(const AuthorizedCall& call, const DirectorySnapshot& directory) const {
  RateShares shares;
  add_share(shares, directory.find(call.credential()), rates_.credential);
  add_shares(shares, directory, directory.find(call.integration()));
  return shares;
}

void Acceptance::messages(const AuthorizedCall& call, std::string_view route_name,
                          std::vector<NewMessage> messages, DoneMany done) {
  const GatewayPicturePtr picture = parts_.directory.picture();
  const RateShares shares = shares_of(call, *picture->directory);
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
    if (const auto wait = take(shares)) {
      answers[i] = refused(PublicCode::RateLimited, wait);
      continue;
    }
    Prepared prepared{.source = {},
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
      answers[i] = refused(message.error());
      if (message.error() == PublicCode::KeyUnavailable) {
        limiter_.give_back(shares);
        answers[i] = refused(message.error(), Seconds(1));
      }
      continue;
    }
    batch.push_back(*std::move(message));
    places.push_back(i);
  }
  if (batch.empty()) return done(std::move(answers));
  auto shared = std::make_shared<std::pair<DoneMany, std::vector<AcceptanceAnswer>>>(std::move(done),
                                                                                     std::move(answers));
  const bool queued = parts_.store.accept_messages(
      std::move(batch), [this, shared, places, shares](std::vector<AcceptOutcome> outcomes) {
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
          settle(shares, outcomes[i].status);
          shared->second[places[i]] = answer_of(outcomes[i]);
        }
        shared->first(std::move(shared->second));
      });
  if (queued) return;
  for (const std::size_t place : places) {
    limiter_.give_back(shares);
    shared->second[place] = refused(PublicCode::Overloaded, Seconds(1));
  }
  shared->first(std::move(shared->second));
}

}  // namespace sealpost
