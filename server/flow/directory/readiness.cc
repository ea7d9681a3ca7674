#include "flow/directory/readiness.h"

#include <algorithm>

#include "foundation/crypto/crypto.h"
#include "trust/signing/key_life.h"

namespace sealpost {
namespace {

std::vector<const Credential*> credentials_of(const DirectorySnapshot& picture, IntegrationId integration) {
  std::vector<const Credential*> out;
  for (const auto& [position, credential] : picture.credentials)
    if (credential->integration == integration && !credential->throw_away &&
        credential->state == CredentialState::Active)
      out.push_back(credential.get());
  std::ranges::sort(out, {}, [](const Credential* c) { return c->head.position; });
  return out;
}

std::vector<const SigningKey*> keys_of(const DirectorySnapshot& picture, IntegrationId integration) {
  std::vector<const SigningKey*> out;
  for (const auto& [position, key] : picture.keys)
    if (key->integration == integration) out.push_back(key.get());
  std::ranges::sort(out, {}, [](const SigningKey* k) { return k->head.position; });
  return out;
}

bool is_usable(const SigningKey& key, WallTime now) {
  const KeyState state = effective_state(key, now);
  return state == KeyState::Active || state == KeyState::Retiring || state == KeyState::Pending;
}

bool has_usable_key(const std::vector<const SigningKey*>& keys, Position owner, WallTime now) {
  return std::ranges::any_of(
      keys, [&](const SigningKey* key) { return key->owner == owner && is_usable(*key, now); });
}

// The sources and endpoints that lack a key; a pair of kind and position each.
std::vector<std::pair<EntityKind, Position>> keyless(const DirectorySnapshot& picture,
                                                     IntegrationId integration,
                                                     const std::vector<const SigningKey*>& keys,
                                                     WallTime now) {
  std::vector<std::pair<EntityKind, Position>> out;
  for (const auto& [position, source] : picture.sources)
    if (source->integration == integration && source->state != SourceState::Deleted &&
        !has_usable_key(keys, position, now))
      out.emplace_back(EntityKind::Source, position);
  for (const auto& [position, endpoint] : picture.endpoints)
    if (endpoint->integration == integration && endpoint->state != EndpointState::Deleted &&
        !has_usable_key(keys, position, now))
      out.emplace_back(EntityKind::Endpoint, position);
  std::ranges::sort(out, {}, &std::pair<EntityKind, Position>::second);
  return out;
}

bool never_ends(const SigningKey& key) { return !key.expires_at && key.rotate_every_days == 0; }

std::string_view sentence_of(std::string_view reason) {
  if (reason == "owner_missing") return "Name the team that owns the integration, and how to reach it.";
  if (reason == "environment_missing") return "The integration belongs to neither test nor live.";
  if (reason == "grant_missing") return "No approved grant is in force.";
  if (reason == "signing_key_missing") return "There is no signing key to verify or sign with.";
  if (reason == "secret_policy_missing") return "This secret has neither an expiry nor a rotation policy.";
  if (reason == "rehearsal_missing") return "No rehearsal was passed yet.";
  return "Credentials or keys changed since the rehearsal; rehearse again.";
}

}  // namespace

std::string rehearsal_fingerprint(const DirectorySnapshot& picture, IntegrationId integration) {
  Bytes text;
  for (const Credential* credential : credentials_of(picture, integration)) {
    append_u64(text, credential->head.position);
    append(text, std::string_view(credential->secret_hash));
  }
  text.push_back('|');
  for (const SigningKey* key : keys_of(picture, integration)) {
    append_u64(text, key->head.position);
    text.push_back(static_cast<std::uint8_t>(key->state));
    append(text, std::string_view(key->fingerprint));
  }
  return to_hex(sha256(text));
}

RehearsalState rehearsal_state(const DirectorySnapshot& picture, const Integration& integration) {
  if (!integration.rehearsal.passed_at) return RehearsalState::None;
  return integration.rehearsal.fingerprint == rehearsal_fingerprint(picture, integration.id())
             ? RehearsalState::Passed
             : RehearsalState::Lapsed;
}

ReadinessFacts readiness_facts(const DirectorySnapshot& picture, const Integration& integration,
                               WallTime now) {
  const auto keys = keys_of(picture, integration.id());
  const Grant* grant = picture.active_grant(integration.id());
  const auto credentials = credentials_of(picture, integration.id());
  ReadinessFacts facts;
  facts.has_owner = !integration.owner_team.empty() && !integration.owner_contact.empty();
  facts.has_environment = integration.head.tenancy.environment != Environment::Shared;
  facts.has_active_grant = grant != nullptr && (!grant->expires_at || *grant->expires_at > now);
  facts.has_signing_key =
      std::ranges::any_of(keys, [&](const SigningKey* key) { return is_usable(*key, now); }) &&
      keyless(picture, integration.id(), keys, now).empty();
  facts.every_secret_ends =
      std::ranges::none_of(keys,
                           [&](const SigningKey* key) { return is_usable(*key, now) && never_ends(*key); }) &&
      std::ranges::none_of(credentials, [](const Credential* c) { return !c->expires_at.has_value(); });
  facts.rehearsal_passed = rehearsal_state(picture, integration) == RehearsalState::Passed;
  return facts;
}

std::vector<ReadinessGap> readiness_gaps(const DirectorySnapshot& picture, const Integration& integration,
                                         const PublicIdCodec& ids, WallTime now) {
  std::vector<ReadinessGap> gaps;
  const auto add = [&](std::string_view reason, std::string resource = {}) {
    gaps.push_back({std::string(reason), std::string(sentence_of(reason)), std::move(resource)});
  };
  const auto keys = keys_of(picture, integration.id());
  for (const std::string& missing : missing_for_activation(readiness_facts(picture, integration, now))) {
    if (missing == "signing_key") {
      const auto owners = keyless(picture, integration.id(), keys, now);
      for (const auto& [kind, position] : owners) add("signing_key_missing", ids.encode(kind, position));
      if (owners.empty()) add("signing_key_missing");
    } else if (missing == "secret_policy") {
      for (const SigningKey* key : keys)
        if (is_usable(*key, now) && never_ends(*key)) add("secret_policy_missing", ids.encode(key->id()));
      for (const Credential* credential : credentials_of(picture, integration.id()))
        if (!credential->expires_at) add("secret_policy_missing", ids.encode(credential->id()));
    } else if (missing == "rehearsal") {
      add(rehearsal_state(picture, integration) == RehearsalState::None ? "rehearsal_missing"
                                                                        : "rehearsal_lapsed");
    } else {
      add(missing + "_missing");
    }
  }
  return gaps;
}

}  // namespace sealpost
