// The way of a webhook: gather, decide, prepare, commit; and what becomes of one that isn't taken.
#include <array>

#include <boost/json/monotonic_resource.hpp>

#include "domain/schemes/verify.h"
#include "domain/wire/outbound_body.h"
#include "flow/acceptance/acceptance.h"
#include "flow/acceptance/internal/answers.h"
#include "flow/acceptance/internal/evidence.h"
#include "flow/acceptance/internal/prepared.h"
#include "flow/acceptance/internal/rate_share.h"
#include "foundation/json/json.h"
#include "trust/replay_guard/claims.h"

namespace sealpost {
namespace {

// The public code of a refusal is found by its name: schemes and contract share the names.
PublicCode code_of(Refusal refusal) {
  const auto code = find_public_code(name(refusal));
  return code ? *code : PublicCode::BadSignature;
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

// A webhook's id with another body is a replay, whichever kind of claim noticed.
AcceptOutcome as_webhook(AcceptOutcome outcome) {
  if (outcome.status == AcceptStatus::Mismatch) outcome.status = AcceptStatus::Replayed;
  return outcome;
}

std::optional<PublicCode> decide_webhook(const SignatureFacts& facts, const DecisionContext& context,
                                         const Authorized<AuthorizedCall>& call) {
  const std::optional<Refusal> refusal = decide(facts, context);
  // That access is the reason was decided there; which one it is, the gate knows: a draft, a revoked
  // integration, ...
  const bool gate_knows = !refusal || *refusal == Refusal::GrantNotActive || *refusal == Refusal::Suspended;
  if (!call && gate_knows) return call.error().code;
  return refusal ? std::optional(code_of(*refusal)) : std::nullopt;
}

// A body read and dropped within one call.
class BodyDocument final {
 public:
  // Nothing: it was read, or is no JSON.
  std::optional<PublicCode> read(ByteView body, std::string_view content_type, std::size_t max_bytes) {
    if (!is_json_content_type(content_type)) return std::nullopt;
    auto value = parse_json(as_text(body), {.max_depth = 64, .max_bytes = max_bytes}, &storage_);
    if (!value) return code_of(value.error());
    value_.emplace(*std::move(value), &storage_);
    return std::nullopt;
  }
  [[nodiscard]] const boost::json::value* value() const { return value_ ? &*value_ : nullptr; }

 private:
  std::array<unsigned char, 8192> buffer_;
  boost::json::monotonic_resource storage_{buffer_.data(), buffer_.size()};
  std::optional<boost::json::value> value_;
};

}  // namespace

// One arrival, looked at in one picture of the directory.
struct Acceptance::WebhookTry {
  std::shared_ptr<const WebhookArrival> arrival;
  GatewayPicturePtr picture;
  const SourcePlan& plan;
  const Integration* integration;
  std::span<const VerificationKey> keys;
  int tries_left;
};

RateShares Acceptance::shares_of(const WebhookTry& attempt) const {
  RateShares shares;
  add_share(shares, attempt.plan.source.get(), rates_.source);
  add_shares(shares, *attempt.picture->directory, attempt.integration);
  return shares;
}

void Acceptance::webhook_try(std::shared_ptr<const WebhookArrival> arrival, Done done, int tries_left) {
  GatewayPicturePtr picture = parts_.directory.picture();
  const SourcePlan* plan = picture->find_plan(arrival->source);
  if (plan == nullptr || plan->source->state == SourceState::Deleted) {
    parts_.ledger.note_unknown_source();
    return done(refused(PublicCode::UnknownSource));
  }
  const Integration* integration = picture->directory->find(plan->source->integration);
  const auto keys = picture->keys->inbound(arrival->source);
  const WebhookTry attempt{std::move(arrival), std::move(picture), *plan, integration, keys, tries_left};
  const HttpRequest& http = attempt.arrival->http;
  const SignatureFacts facts =
      gather(plan->settings, http.headers.view(), ByteView(http.body), keys, attempt.arrival->at);
  if (const auto early = decide(facts, {}); early && before_signature(*early))
    return done(refuse(attempt, code_of(*early)));
  // From here on the sender has shown that it holds a key of the source.
  webhook_shown(attempt, facts, std::move(done));
}

void Acceptance::webhook_shown(const WebhookTry& attempt, const SignatureFacts& facts, Done done) {
  const auto& [arrival, picture, plan, integration, keys, tries_left] = attempt;
  const ByteView body(arrival->http.body);
  const auto organization = parts_.vault.organization(plan.source->head.tenancy.organization);
  if (!organization) return done(refused(PublicCode::KeyUnavailable, Seconds(1)));
  const auto call = parts_.gate.authorize_webhook(*picture->directory, arrival->source, facts,
                                                  {arrival->request, arrival->http.client, arrival->at});
  const DecisionContext context{
      .event_type_allowed = plan.allows_type(facts.event_type),
      .network_allowed = plan.allows_network(arrival->http.client),
      .grant = call ? GrantFinding::Active : grant_finding(call.error()),
  };
  if (context.network_allowed && may_verify(facts.key_state)) {
    if (auto challenge = answer_challenge(attempt)) return done(*std::move(challenge));
  }

  const Claim claim = make_replay_claim(*organization, *plan.source, facts, body, arrival->at);
  const auto content_type = arrival->http.headers.sole("content-type");
  BodyDocument document;
  std::optional<PublicCode> code = decide_webhook(facts, context, call);
  if (!code) code = document.read(body, content_type, plan.settings.max_body_bytes());
  if (code) return refuse_after_claims(attempt, claim, refused(*code), std::move(done));
  if (const auto wait = take(shares_of(attempt)))
    return refuse_after_claims(attempt, claim, refused(PublicCode::RateLimited, wait), std::move(done));

  auto message = prepare(*call, *picture,
                         {.source = arrival->source,
                          .claims = {claim},
                          .event_type = facts.event_type,
                          .event_type_authenticated = facts.event_type_authenticated,
                          .event_id = facts.signed_id.empty() ? facts.unsigned_id : facts.signed_id,
                          .content_type = std::string(storable_content_type(content_type)),
                          .body = body,
                          .parsed = document.value(),
                          .redaction = &plan.redaction,
                          .channel = {},
                          .scheme = std::string(name(plan.settings.scheme())),
                          .key_id = facts.key_id,
                          .received_at = arrival->at});
  if (message) return commit(attempt, *std::move(message), std::move(done));
  if (message.error() != PublicCode::KeyUnavailable)
    return refuse_after_claims(attempt, claim, refused(message.error()), std::move(done));
  limiter_.give_back(shares_of(attempt));
  done(refused(PublicCode::KeyUnavailable, Seconds(1)));
}

std::optional<AcceptanceAnswer> Acceptance::answer_challenge(const WebhookTry& attempt) {
  if (attempt.plan.settings.scheme() != Scheme::Slack || !is_being_set_up(attempt.integration))
    return std::nullopt;
  auto challenge = slack_challenge(ByteView(attempt.arrival->http.body));
  if (!challenge.asked) return std::nullopt;
  // A question about a source is no message of its integration.
  RateShares own;
  add_share(own, attempt.plan.source.get(), rates_.source);
  if (const auto wait = take(own)) return refuse(attempt, PublicCode::RateLimited, wait);
  if (!challenge.text) return refuse(attempt, PublicCode::ChallengeRefused);
  return Challenge{*std::move(challenge.text)};
}

void Acceptance::commit(const WebhookTry& attempt, AcceptMessage message, Done done) {
  std::vector<AcceptMessage> batch;
  batch.push_back(std::move(message));
  auto shared_done = std::make_shared<Done>(std::move(done));
  const bool queued = parts_.store.accept_messages(
      std::move(batch), [this, attempt, shared_done](std::vector<AcceptOutcome> outcomes) {
        const AcceptOutcome& outcome = outcomes.front();
        if (outcome.status != AcceptStatus::Accepted) settle(shares_of(attempt), outcome.status);
        if (outcome.status == AcceptStatus::EpochChanged) {
          Task again = [this, arrival = attempt.arrival, tries = attempt.tries_left, shared_done] {
            parts_.directory.settle();
            webhook_try(arrival, std::move(*shared_done), tries - 1);
          };
          if (attempt.tries_left > 0 && parts_.pool.try_submit(std::move(again))) return;
        }
        AcceptanceAnswer answer = answer_of(as_webhook(outcome));
        if (auto* replayed = std::get_if<Refused>(&answer);
            replayed != nullptr && replayed->code == PublicCode::Replayed) {
          replayed->refusal = refuse(attempt, replayed->code).refusal;
        }
        (*shared_done)(std::move(answer));
      });
  if (queued) return;
  limiter_.give_back(shares_of(attempt));
  (*shared_done)(refused(PublicCode::Overloaded, Seconds(1)));
}

Refused Acceptance::refuse(const WebhookTry& attempt, PublicCode code, std::optional<Seconds> retry_after) {
  const auto& [arrival, picture, plan, integration, keys, tries_left] = attempt;
  const RefusalKind kind{.tenancy = plan.source->head.tenancy,
                         .integration = plan.source->integration,
                         .source = plan.source->id(),
                         .code = code,
                         .workspace = integration == nullptr ? WorkspaceId{} : integration->workspace,
                         .source_system = integration == nullptr ? "" : integration->source_system,
                         .scheme = std::string(name(plan.settings.scheme())),
                         .request = arrival->request};
  const RefusalId id = parts_.ledger.note(kind, arrival->http.client, [&] {
    return steps_text(
        explain(plan.settings, arrival->http.headers.view(), arrival->http.body, keys, arrival->at));
  });
  Refused answer = refused(code, retry_after);
  answer.refusal = id;
  return answer;
}

void Acceptance::refuse_after_claims(const WebhookTry& attempt, const Claim& claim, const Refused& refusal,
                                     Done done) {
  // A replay is told before any later reason, and a genuine retry gets its first receipt whatever else is
  // wrong now.
  auto shared_done = std::make_shared<Done>(std::move(done));
  Task look = [this, attempt, claim, code = refusal.code, wait = refusal.retry_after, shared_done] {
    AcceptOutcome outcome;
    const auto read = parts_.store.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(outcome, reader.judge_claim(attempt.plan.source->head.tenancy, claim));
      outcome = as_webhook(outcome);
      return {};
    });
    if (!read) return (*shared_done)(refused(PublicCode::StoreUnavailable, Seconds(1)));
    if (outcome.status == AcceptStatus::Repeated) return (*shared_done)(answer_of(outcome));
    const bool replayed = outcome.status == AcceptStatus::Replayed;
    Refused answer = replayed ? refuse(attempt, PublicCode::Replayed) : refuse(attempt, code, wait);
    if (replayed) answer.first = outcome.message;
    (*shared_done)(std::move(answer));
  };
  if (!parts_.pool.try_submit(std::move(look))) (*shared_done)(refused(PublicCode::Overloaded, Seconds(1)));
}

}  // namespace sealpost
