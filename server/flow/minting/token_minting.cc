#include "flow/minting/token_minting.h"

#include <algorithm>

#include "access/identity/client_secret.h"
#include "flow/directory/actor.h"
#include "flow/minting/internal/asked_scopes.h"
#include "foundation/crypto/crypto.h"

namespace sealpost {
namespace {

constexpr std::string_view kOperation = "token_create";  // the contract's operationId

Failure<MintRefusal> turn_down(PublicCode code, std::string detail = {},
                               std::optional<Seconds> retry_after = {}) {
  return {MintRefusal{.code = code, .detail = std::move(detail), .retry_after = retry_after}};
}

// Only what the caller asked for may be named; why the client itself is refused stays inside.
MintRefusal refusal_of(const AuthorizationRefusal& refusal) {
  MintRefusal out{.code = refusal.code,
                  .detail = {},
                  .retry_after = {},
                  .reason = refusal.detail,
                  .secret_verified = true};
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

// The grant in force, or else the one that was in force last.
const Grant* grant_of(const DirectorySnapshot& picture, IntegrationId integration) {
  const Grant* last = picture.active_grant(integration);
  if (last != nullptr) return last;
  for (const auto& [position, grant] : picture.grants) {
    if (grant->integration != integration || !grant->approved_at) continue;
    if (last == nullptr || *last->approved_at <= *grant->approved_at) last = grant.get();
  }
  return last;
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
  auto asked = read_asked_scopes(text, parts_.ids);
  if (!asked) return turn_down(PublicCode::InvalidScope, std::string(asked.error()));
  return *std::move(asked);
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
    const bool verified =
        client.error() == ClientRefusal::Revoked || client.error() == ClientRefusal::Expired;
    return fail(MintRefusal{.code = PublicCode::InvalidClient,
                            .detail = {},
                            .retry_after = {},
                            .reason = std::string(name_of(client.error())),
                            .secret_verified = verified});
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

void TokenMinting::note(const MintRequest& request, const CallContext& context, MintRefusal& refusal) {
  const auto picture = parts_.directory.picture();
  const auto id = parts_.ids.decode<CredentialId>(request.client_id);
  const Credential* credential = id ? picture->directory->find(*id) : nullptr;
  if (credential == nullptr) return parts_.refusals.note_unknown_caller();
  if (public_code_info(refusal.code).category == CodeCategory::Server) return;
  RefusalKind kind{.tenancy = credential->head.tenancy,
                   .integration = credential->integration,
                   .source = {},
                   .code = refusal.code,
                   .workspace = {},
                   .source_system = {},
                   .scheme = {},
                   .request = context.request,
                   .operation = kOperation,
                   .caller = {.kind = CallerKind::Machine,
                              .position = id->position,
                              .shown = refusal.secret_verified ? "client_secret" : "not_verified",
                              .reason = refusal.reason}};
  if (const Integration* integration = picture->directory->find(credential->integration)) {
    kind.workspace = integration->workspace;
    kind.source_system = integration->source_system;
  }
  // Looked for only for who has proven to be the client.
  const Grant* grant =
      refusal.secret_verified ? grant_of(*picture->directory, credential->integration) : nullptr;
  if (grant != nullptr) {
    kind.caller.grant = grant->id();
    kind.caller.grant_version = grant->grant_version;
  }
  const RefusalId counted = parts_.refusals.note_call(kind, context.source_address);
  if (refusal.secret_verified) refusal.refusal = counted;
}

Result<MintedToken, MintRefusal> TokenMinting::mint(const MintRequest& request, const CallContext& context) {
  auto minted = decide(request, context);
  if (minted) return minted;
  MintRefusal refusal = minted.error();
  note(request, context, refusal);
  return fail(std::move(refusal));
}

Result<MintedToken, MintRefusal> TokenMinting::decide(const MintRequest& request,
                                                      const CallContext& context) {
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
