#include "flow/directory/rehearsal.h"

#include "access/identity/client_secret.h"
#include "domain/wire/time_text.h"
#include "flow/directory/internal/writing.h"
#include "flow/directory/readiness.h"
#include "foundation/bytes/secret_access.h"

namespace sealpost {
namespace {

constexpr Milliseconds kThrowAwayLifetime = std::chrono::minutes(5);

struct RehearsalStep {
  std::string_view step;
  bool ok = false;
  WallTime at{};
  std::string code;  // empty: none
};

// What a rehearsal holds in its hands while it runs.
struct ThrowAway {
  Credential record;
  SecretBytes secret;
  SecretBytes token;
  Scope scope = Scope::MessagesWrite;
};

std::string_view as_view(const SecretBytes& secret) {
  return as_text(secret.reveal(SecretAccess("a rehearsal signs in with the secret it was given")));
}

CallContext context_of(const AuthorizedCall& call, WallTime now) {
  return {.request = call.request(), .source_address = call.source_address(), .at = now};
}

Operation<ThrowAway> make_throw_away(Operations& operations, const AuthorizedCall& call, IntegrationId id) {
  return operations.change<ThrowAway>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<ThrowAway> {
        SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, id));
        const ViewContext context = view_context(operations, picture);
        const Grant* grant = picture.active_grant(id);
        if (grant == nullptr || grant->scopes.empty())
          return refuse(PublicCode::GrantNotActive, "a rehearsal mints under an approved grant");
        ThrowAway made;
        made.scope = scope_from(grant->scopes.front().scope).value_or(Scope::MessagesWrite);
        made.record.head = new_head(operations, integration->head.tenancy);
        ClientSecret secret = make_client_secret(operations.parts().vault, made.record.head.tenancy,
                                                 made.record.id(), operations.parts().entropy);
        made.record.integration = id;
        made.record.name = "rehearsal";
        made.record.secret_hash = secret.hash;
        made.record.hint = secret.hint;
        made.record.expires_at = context.now + kThrowAwayLifetime;
        made.record.throw_away = true;
        made.secret = std::move(secret.text);
        SEALPOST_TRY_VOID(told(transaction.insert(made.record, integration->head.position)));
        AuditEvent event = change_event(context, call, target_of("credential.created", made.record));
        bind_difference(event, nullptr, view_of(context, made.record));
        event.what().add_flag("throw_away", true);
        SEALPOST_TRY_VOID(told(transaction.record(event)));
        return made;
      });
}

// Signs in and mints. Empty: it worked.
std::string mint(Operations& operations, const AuthorizedCall& call, ThrowAway& subject) {
  const auto& parts = operations.parts();
  const auto picture = operations.picture();
  const WallTime now = operations.now();
  const auto known = authenticate_client(parts.vault, parts.ids, *picture->directory,
                                         parts.ids.encode(subject.record.id()), as_view(subject.secret), now);
  if (!known) return std::string(to_string(PublicCode::InvalidClient));
  const auto approval = parts.gate.authorize_mint(*picture->directory, **known, {},
                                                  AccessTokenId{operations.draw()}, context_of(call, now));
  if (!approval) return std::string(to_string(approval.error().code));
  subject.token = parts.tokens.mint(approval->claims, parts.entropy);
  return {};
}

// Whether the token opens the gate. Empty: it does.
std::string present(Operations& operations, const AuthorizedCall& call, const ThrowAway& subject) {
  const auto& parts = operations.parts();
  const auto picture = operations.picture();
  const WallTime now = operations.now();
  const auto claims = parts.tokens.verify(as_view(subject.token), now);
  if (!claims) return std::string(to_string(PublicCode::InvalidToken));
  const auto let_in = parts.gate.authorize(*picture->directory, *claims,
                                           {.scope = subject.scope, .environment = {}, .resource = {}},
                                           context_of(call, now));
  return let_in ? std::string{} : std::string(to_string(let_in.error().code));
}

std::vector<RehearsalStep> play(Operations& operations, const AuthorizedCall& call, ThrowAway& subject) {
  std::vector<RehearsalStep> steps;
  const auto note = [&](std::string_view step, bool ok, std::string code) {
    steps.push_back({step, ok, operations.now(), std::move(code)});
    return ok;
  };
  std::string code = mint(operations, call, subject);
  const bool minted = note("minted", code.empty(), code);
  if (minted) {
    code = present(operations, call, subject);
    note("accepted", code.empty(), code);
  }
  // Whatever happened, the throw-away credential ends here.
  const auto receipt = end_access(operations, call,
                                  {.kind = AccessEndKind::RevokeCredential,
                                   .tenancy = subject.record.head.tenancy,
                                   .what = subject.record.head.position,
                                   .reason = "rehearsal",
                                   .compromised_since = {},
                                   .if_version = {},
                                   .once = {}});
  note("revoked", receipt.ok(), receipt ? std::string{} : std::string(to_string(receipt.error().code)));
  if (!minted || !receipt) return steps;
  const std::string token_code = present(operations, call, subject);
  ThrowAway again{
      .record = subject.record, .secret = subject.secret.clone(), .token = {}, .scope = subject.scope};
  const std::string secret_code = mint(operations, call, again);
  const bool refused = !token_code.empty() && !secret_code.empty();
  note("refused", refused, refused ? token_code : std::string(to_string(PublicCode::RehearsalFailed)));
  return steps;
}

// Writes down how it went. The fingerprint is of the credentials and keys as they are in this very
// transaction.
Operation<Made> conclude(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                         const std::vector<RehearsalStep>& steps, const Once& once) {
  const bool passed = steps.size() == 4 && std::ranges::all_of(steps, &RehearsalStep::ok);
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* before, find_visible(picture, picture.integrations, call, id.position));
    SEALPOST_TRY_VOID(claim_once(operations, transaction, call, before->head.tenancy, once, id.position));
    const ViewContext context = view_context(operations, picture);
    Integration after = *before;
    if (passed)
      after.rehearsal = {.passed_at = context.now, .fingerprint = rehearsal_fingerprint(picture, id)};
    else
      after.rehearsal = {};
    SEALPOST_TRY_VOID(told(transaction.update(after, context.now)));
    AuditEvent event = change_event(context, call, target_of("integration.rehearsed", after));
    event.what().add_flag("passed", passed);
    boost::json::array told_steps;
    for (const RehearsalStep& step : steps) {
      const std::string field = "step." + std::string(step.step);
      event.what().add(FieldName::of(field), step.ok ? "ok" : step.code);
      told_steps.push_back(boost::json::object{
          {"step", step.step},
          {"ok", step.ok},
          {"at", to_rfc3339(step.at)},
          {"code", step.code.empty() ? boost::json::value(nullptr) : boost::json::value(step.code)}});
    }
    SEALPOST_TRY(const std::uint64_t index, told(transaction.record(event)));
    Made made =
        made_of(Resource{.body = {}, .kind = EntityKind::Integration, .position = id.position, .version = 0});
    made.resource.body = {{"passed", passed},
                          {"steps", std::move(told_steps)},
                          {"rehearsal", view_of(context, after).at("rehearsal")},
                          {"audit", audit_position_view(context, before->head.tenancy.organization, index)}};
    return made;
  });
}

}  // namespace

Operation<Made> rehearse_integration(Operations& operations, const AuthorizedCall& call, IntegrationId id,
                                     const Once& once) {
  // A rehearsal only proves: made again under the same key it is made anew, and says what is true now.
  SEALPOST_TRY(ThrowAway subject, make_throw_away(operations, call, id));
  const auto steps = play(operations, call, subject);
  return conclude(operations, call, id, steps, once);
}

}  // namespace sealpost
