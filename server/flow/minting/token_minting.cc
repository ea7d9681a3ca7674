#include "flow/minting/token_minting.h"

#include <algorithm>

#include "access/consent/grant_view.h"
#include "access/identity/client_secret.h"
#include "flow/acceptance/refusal_ledger.h"
#include "flow/directory/actor.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

constexpr std::size_t kMaxScopeText = 2000;

Failure<MintRefusal> turn_down(PublicCode code, std::string detail = {},
                               std::optional<Seconds> retry_after = {}) {
  return {MintRefusal{.code = code, .detail = std::move(detail), .retry_after = retry_after}};
}

// Only what the caller asked for may be named; why the client itself is refused stays inside.
MintRefusal refusal_of(const AuthorizationRefusal& refusal) {
  MintRefusal out{.code = refusal.code, .detail = {}, .retry_after = {}};
  if (refusal.code == PublicCode::InvalidToken) out.code = PublicCode::InvalidClient;
  if (refusal.missing_scope)
    out.detail = "The grant does not hold " + std::string(refusal.missing_scope_name()) + " as asked.";
  return out;
}

PublicCode code_of(StoreError error) {
  switch (error) {
    case StoreError::OutcomeUnknown:
      return PublicCode::OutcomeUnknown;
    case StoreError::RolledBack:
      return PublicCode::StateRolledBack;
    default:
      return PublicCode::StoreUnavailable;
  }
}

// Splits at single spaces; an empty word is a mistake of the caller.
std::optional<std::vector<std::string_view>> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end == 0 || end + 1 == text.size()) return std::nullopt;
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

std::optional<Seconds> TokenMinting::take_attempt(std::string_view client_id, const IpAddress& client) {
  // Who the client claims to be, together with where it calls from: guesses from elsewhere don't use up its
  // attempts.
  const auto credential = parts_.ids.decode<CredentialId>(client_id);
  const std::string kind =
      std::to_string(credential ? credential->position : 0) + '|' + network_prefix(client);
  const Hash256 digest = sha256(as_bytes(kind));
  return limiter_.take(read_u64(ByteView(digest).first(8)), attempts_, 1, parts_.clock.steady_now());
}

Result<TokenRequest, MintRefusal> TokenMinting::read_scope(std::string_view text) const {
  TokenRequest asked;
  if (text.size() > kMaxScopeText) return turn_down(PublicCode::InvalidScope, "Too long.");
  const auto words = words_of(text);
  if (!words) return turn_down(PublicCode::InvalidScope, "Scopes stand apart by one space.");
  for (const std::string_view word : *words) {
    const std::size_t equals = word.find('=');
    const auto scope = scope_from(word.substr(0, equals));
    if (!scope) return turn_down(PublicCode::InvalidScope, "There is no such scope.");
    NarrowedScope* entry = nullptr;
    for (NarrowedScope& one : asked.scopes)
      if (one.scope == *scope) entry = &one;
    if (entry != nullptr && (equals == std::string_view::npos || entry->resources.empty()))
      return turn_down(PublicCode::InvalidScope, "A scope is asked for twice.");
    if (entry == nullptr) entry = &asked.scopes.emplace_back(NarrowedScope{.scope = *scope, .resources = {}});
    if (equals == std::string_view::npos) continue;
    const std::string_view resource = word.substr(equals + 1);
    const Narrowing narrowing = narrowing_of(*scope);
    const auto channel = narrowing.channels ? parts_.ids.decode<ChannelId>(resource) : std::nullopt;
    const auto endpoint = narrowing.endpoints ? parts_.ids.decode<EndpointId>(resource) : std::nullopt;
    if (!channel && !endpoint)
      return turn_down(PublicCode::InvalidScope, "A scope can't be narrowed to that.");
    entry->resources.push_back(channel ? channel->position : endpoint->position);
  }
  return asked;
}

std::string TokenMinting::scope_text(const TokenClaims& claims) const {
  std::string text;
  const auto add = [&](const std::string& word) {
    if (!text.empty()) text += ' ';
    text += word;
  };
  const auto picture = parts_.directory.picture();
  for (std::size_t i = 0; i < kScopeCount; ++i) {
    const auto scope = static_cast<Scope>(i);
    if (!claims.scopes.has(scope)) continue;
    const auto narrowed = std::ranges::find(claims.narrowed, scope, &NarrowedScope::scope);
    if (narrowed == claims.narrowed.end()) {
      add(std::string(name_of(scope)));
      continue;
    }
    for (const Position resource : narrowed->resources) {
      const bool channel = picture->directory->channels.contains(resource);
      add(std::string(name_of(scope)) + '=' +
          parts_.ids.encode(channel ? EntityKind::Channel : EntityKind::Endpoint, resource));
    }
  }
  return text;
}

Result<MintedToken, MintRefusal> TokenMinting::mint_once(const MintRequest& request,
                                                         const TokenRequest& asked,
                                                         const CallContext& context, bool& epoch_changed) {
  const GatewayPicturePtr picture = parts_.directory.picture();
  const auto client = authenticate_client(parts_.vault, parts_.ids, *picture->directory, request.client_id,
                                          request.client_secret, context.at);
  if (!client) {
    parts_.log.info("client_refused", {{"reason", name_of(client.error())},
                                       {"network", network_prefix(context.source_address)}});
    return turn_down(PublicCode::InvalidClient);
  }
  auto approval = parts_.gate.authorize_mint(*picture->directory, **client, asked,
                                             {parts_.store.positions().draw()}, context);
  if (!approval) return fail(refusal_of(approval.error()));

  const std::string scope = scope_text(approval->claims);
  const OrganizationId organization = approval->claims.tenancy.organization;
  AuditEvent event("token.minted", approval->claims.tenancy, context.at);
  Actor(approval->call).bind(event, parts_.ids);
  event.what()
      .add("credential_id", parts_.ids.encode(approval->claims.credential))
      .add("minted_token_id", parts_.ids.encode(approval->claims.token))
      .add("scope", scope)
      .add("expires_ms", to_unix_ms(approval->claims.expires_at));
  event.where()
      .add("organization_id", parts_.ids.encode(organization))
      .add("environment", name_of(approval->claims.tenancy.environment))
      .add("integration_id", parts_.ids.encode(approval->claims.integration));
  const auto draft = parts_.audit.draft(event);
  if (!draft) return turn_down(PublicCode::KeyUnavailable, {}, Seconds(1));
  const auto recorded = parts_.store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY(const std::uint64_t epoch, transaction.epoch_of(organization));
    epoch_changed = epoch != approval->call.epoch();
    if (epoch_changed) return fail(StoreError::Conflict);
    SEALPOST_TRY_VOID(transaction.append_audit(*draft));
    return {};
  });
  if (!recorded) return turn_down(code_of(recorded.error()), {}, Seconds(1));
  const Seconds lifetime = std::chrono::floor<Seconds>(approval->claims.expires_at - context.at);
  return MintedToken{.token = parts_.tokens.mint(approval->claims, parts_.entropy),
                     .lifetime = std::max(lifetime, Seconds(1)),
                     .scope = scope};
}

Result<MintedToken, MintRefusal> TokenMinting::mint(const MintRequest& request, const CallContext& context) {
  if (const auto wait = take_attempt(request.client_id, context.source_address))
    return turn_down(PublicCode::RateLimited, {}, wait);
  SEALPOST_TRY(const TokenRequest asked, read_scope(request.scope));
  bool epoch_changed = false;
  auto minted = mint_once(request, asked, context, epoch_changed);
  if (!epoch_changed) return minted;
  // Access changed between the decision and the commit: what is true now decides.
  parts_.directory.settle();
  epoch_changed = false;
  return mint_once(request, asked, context, epoch_changed);
}

std::vector<AuditDraft> TokenMinting::draft_operator_minting(const AuthorizedCall& call,
                                                             const OperatorClaims& claims) const {
  std::vector<AuditDraft> drafts;
  const auto picture = parts_.directory.picture();
  for (const auto& [position, organization] : picture->directory->organizations) {
    AuditEvent event("operator_token.minted", {organization->id(), Environment::Shared}, call.at());
    Actor(call).bind(event, parts_.ids);
    event.what()
        .add("minted_token_id", parts_.ids.encode(claims.token))
        .add("uid", std::int64_t{claims.uid})
        .add("expires_ms", to_unix_ms(claims.expires_at));
    event.where().add("organization_id", parts_.ids.encode(organization->id()));
    if (auto draft = parts_.audit.draft(event)) {
      drafts.push_back(*std::move(draft));
    } else {
      parts_.log.error("operator_token_not_recorded",
                       {{"organization", parts_.ids.encode(organization->id())}});
    }
  }
  return drafts;
}

Result<MintedOperatorToken, MintRefusal> TokenMinting::mint_operator(const AuthorizedCall& call,
                                                                     std::uint32_t uid,
                                                                     Milliseconds lifetime) {
  const OperatorClaims claims{.token = {parts_.store.positions().draw()},
                              .uid = uid,
                              .issued_at = call.at(),
                              .expires_at = call.at() + std::min(lifetime, kMaxOperatorTokenLifetime)};
  const std::vector<AuditDraft> drafts = draft_operator_minting(call, claims);
  const auto recorded = parts_.store.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
    for (const AuditDraft& draft : drafts) SEALPOST_TRY_VOID(transaction.append_audit(draft));
    return {};
  });
  if (!recorded) return turn_down(code_of(recorded.error()), {}, Seconds(1));
  parts_.log.info("operator_token_minted", {{"uid", uid},
                                            {"token", parts_.ids.encode(claims.token)},
                                            {"request", parts_.ids.encode(call.request())},
                                            {"expires_ms", to_unix_ms(claims.expires_at)}});
  return MintedOperatorToken{.token = parts_.tokens.mint_operator(claims, parts_.entropy),
                             .expires_at = claims.expires_at};
}

}  // namespace sealpost
