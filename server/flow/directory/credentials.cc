#include "flow/directory/credentials.h"

#include "access/identity/client_secret.h"
#include "flow/directory/internal/writing.h"
#include "flow/directory/rates.h"

namespace sealpost {
namespace {

Made credential_made(const ViewContext& context, const Credential& credential) {
  Made made = made_of(resource_of(context, credential));
  made.resource.body = boost::json::object{{"credential", std::move(made.resource.body)}};
  return made;
}

std::size_t in_force(const DirectorySnapshot& picture, IntegrationId integration, WallTime now) {
  return static_cast<std::size_t>(std::ranges::count_if(picture.credentials, [&](const auto& entry) {
    const Credential& one = *entry.second;
    return one.integration == integration && one.state == CredentialState::Active &&
           (!one.expires_at || *one.expires_at > now);
  }));
}

}  // namespace

Operation<Made> create_credential(Operations& operations, const AuthorizedCall& call,
                                  const NewCredential& request) {
  if (!is_name(request.name)) return refuse(PublicCode::ValidationFailed, "1 to 200 characters", {"/name"});
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Integration* integration, find_open_integration(picture, call, request.integration));
    const ViewContext context = view_context(operations, picture);
    Credential credential;
    credential.head = new_head(operations, integration->head.tenancy);
    SEALPOST_TRY(const auto repeat, claim_once(operations, transaction, call, credential.head.tenancy,
                                               request.once, credential.head.position));
    if (repeat) {
      SEALPOST_TRY(const Credential* known, made_before(picture.credentials, *repeat));
      Made made = credential_made(context, *known);
      made.repeated = true;
      made.resource.body["notice"] = "secret_already_shown";
      return made;
    }
    if (request.expires_at && *request.expires_at <= context.now)
      return refuse(PublicCode::ValidationFailed, "an end in the past", {"/expires_at"});
    if (in_force(picture, integration->id(), context.now) >= kMaxCredentials)
      return refuse(PublicCode::ResourceLimitReached,
                    "at most 20 credentials of an integration are in force");
    const auto& parts = operations.parts();
    ClientSecret secret =
        make_client_secret(parts.vault, credential.head.tenancy, credential.id(), parts.entropy);
    credential.integration = integration->id();
    credential.name = request.name;
    credential.secret_hash = secret.hash;
    credential.hint = secret.hint;
    credential.expires_at = request.expires_at.value_or(context.now + kDefaultCredentialLifetime);
    // A machine passes on what holds for itself, or less.
    const Credential* own = picture.find(call.credential());
    if (own != nullptr) set_rate(credential, RateSetting{own->rate_per_second, own->rate_burst});
    SEALPOST_TRY_VOID(judge_rate(call, {credential.rate_per_second, credential.rate_burst},
                                 request.rate_limit, operations.parts().rates.credential));
    set_rate(credential, request.rate_limit);
    SEALPOST_TRY_VOID(told(transaction.insert(credential, integration->head.position)));
    SEALPOST_TRY_VOID(told(
        record_change<Credential>(transaction, context, call, "credential.created", nullptr, credential)));
    Made made = credential_made(context, credential);
    made.secret = std::move(secret.text);
    made.secret_member = "client_secret";
    return made;
  });
}

Operation<Resource> read_credential(Operations& operations, const AuthorizedCall& call, CredentialId id) {
  return read_record(operations, call, &DirectorySnapshot::credentials, id.position);
}

Operation<PageView> list_credentials(Operations& operations, const AuthorizedCall& call,
                                     IntegrationId integration, const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::credentials, page, [&](const Credential& one) {
    return !one.throw_away && (!integration.set() || one.integration == integration);
  });
}

Operation<RevocationReceipt> revoke_credential(Operations& operations, const AuthorizedCall& call,
                                               CredentialId id, std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return end_visible(operations, call, &DirectorySnapshot::credentials, id.position,
                     {.kind = AccessEndKind::RevokeCredential,
                      .tenancy = {},
                      .what = 0,
                      .reason = std::string(reason),
                      .compromised_since = {},
                      .if_version = {},
                      .once = once});
}

}  // namespace sealpost
