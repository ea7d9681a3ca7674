#include "flow/directory/keys.h"

#include "flow/directory/internal/key_making.h"

namespace sealpost {
namespace {

constexpr std::uint32_t kMaxRotateDays = 3650;
constexpr std::string_view kShownBefore = "secret_already_shown";

OperationRefusal told_material(KeyMaterialError error, const char* field) {
  const auto as = [&](PublicCode code, const char* detail) {
    return OperationRefusal{code, detail, {field}, {}};
  };
  switch (error) {
    case KeyMaterialError::WrongForm:
      return as(PublicCode::ValidationFailed, "not the form that keys of this scheme have");
    case KeyMaterialError::TooWeak:
      return as(PublicCode::WeakSecret, "fewer than 128 bits");
    case KeyMaterialError::BadPublicKey:
      return as(PublicCode::WeakSecret, "not a point, or of small order");
    case KeyMaterialError::WrongAlgorithm:
      return {PublicCode::ValidationFailed, "the scheme has no such keys", {"/algorithm"}, {}};
    case KeyMaterialError::Unusable:
      return as(PublicCode::InternalError, "");
    case KeyMaterialError::Vault:
      return as(PublicCode::KeyUnavailable, "");
  }
  return as(PublicCode::InternalError, "");
}

Operation<KeyMaterial> material_of(const NewSourceKey& request, InboundScheme scheme, Entropy& entropy) {
  if (!scheme_takes(scheme, request.algorithm))
    return fail(told_material(KeyMaterialError::WrongAlgorithm, ""));
  const bool ed25519 = request.algorithm == KeyAlgorithm::Ed25519;
  const std::string_view text = ed25519 ? request.public_key : request.secret;
  const char* field = ed25519 ? "/public_key" : "/secret";
  if (ed25519 && !request.secret.empty())
    return refuse(PublicCode::ValidationFailed, "the private key belongs to the sender alone", {"/secret"});
  if (!ed25519 && !request.public_key.empty())
    return refuse(PublicCode::ValidationFailed, "this algorithm has no public key", {"/public_key"});
  if (ed25519 && text.empty())
    return refuse(PublicCode::ValidationFailed, "the sender's public key is needed", {field});
  auto material = text.empty() ? generate_inbound_key(scheme, request.algorithm, entropy)
                               : import_inbound_key(scheme, text);
  if (!material) return fail(told_material(material.error(), field));
  if (material->algorithm != request.algorithm)
    return refuse(PublicCode::ValidationFailed, "the key is of another algorithm", {field});
  return *std::move(material);
}

// Equal secrets at two places of an organization would make the places one.
Operation<void> judge_reuse(const DirectorySnapshot& picture, const SigningKey& key) {
  for (const auto& same : picture.keys)
    if (same.second->owner == key.owner && same.second->fingerprint == key.fingerprint)
      return refuse(PublicCode::Conflict, "the source has, or had, this key already");
  if (find_reuse(picture, key.head.tenancy.organization, key.fingerprint, key.owner) != nullptr)
    return refuse(PublicCode::SecretReused);
  return {};
}

Operation<std::optional<Made>> key_made_before(const Operations& operations, ControlTransaction& transaction,
                                               const DirectorySnapshot& picture, const AuthorizedCall& call,
                                               const Tenancy& tenancy, const Once& once, Position resource) {
  SEALPOST_TRY(const auto repeat, claim_once(operations, transaction, call, tenancy, once, resource));
  if (!repeat) return std::optional<Made>{};
  SEALPOST_TRY(const SigningKey* known, made_before(picture.keys, *repeat));
  Made made = key_made(view_context(operations, picture), *known);
  made.repeated = true;
  if (known->algorithm != KeyAlgorithm::Ed25519) made.resource.body["notice"] = kShownBefore;
  return std::optional<Made>(std::move(made));
}

Operation<Made> after_ending(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                             Operation<RevocationReceipt> ended) {
  if (!ended) return fail(ended.error());
  SEALPOST_TRY(Resource now, read_key(operations, call, id));
  return made_of(std::move(now), ended->repeated);
}

Operation<PageView> list_keys(const Operations& operations, const AuthorizedCall& call, Position owner,
                              const PageQuery& page) {
  return list_records(operations, call, &DirectorySnapshot::keys, page,
                      [&](const SigningKey& key) { return key.owner == owner; });
}

}  // namespace

Operation<SigningKey> prepare_key(const Operations& operations, const KeyMaking& making,
                                  const KeyMaterial& material) {
  const WallTime now = operations.now();
  if (making.end.expires_at && *making.end.expires_at <= now)
    return refuse(PublicCode::ValidationFailed, "an end in the past", {"/expires_at"});
  const std::uint32_t fallback = making.end.expires_at ? 0 : kDefaultRotateEveryDays;
  const std::uint32_t rotate = making.end.rotate_every_days.value_or(fallback);
  if (rotate > kMaxRotateDays)
    return refuse(PublicCode::ValidationFailed, "more than 3650 days", {"/rotate_every_days"});
  const auto keys = operations.parts().vault.organization(making.tenancy.organization);
  if (!keys) return refuse(PublicCode::KeyUnavailable);
  SigningKey key;
  key.head = new_head(operations, making.tenancy);
  key.integration = making.integration;
  key.owner = making.owner;
  key.use = making.use;
  key.algorithm = material.algorithm;
  key.state = KeyState::Active;
  key.activated_at = now;
  key.fingerprint = fingerprint(*keys, material);
  key.public_key = material.public_key;
  key.expires_at = making.end.expires_at;
  key.rotate_every_days = rotate;
  return key;
}

Operation<void> insert_key(const Operations& operations, ControlTransaction& transaction,
                           const DirectorySnapshot& picture, const AuthorizedCall& call,
                           const SigningKey& key, const KeyMaterial& material) {
  const auto keys = operations.parts().vault.organization(key.head.tenancy.organization);
  if (!keys) return refuse(PublicCode::KeyUnavailable);
  Bytes sealed = seal_material(*keys, key.head.tenancy, key.id(), material, operations.parts().entropy);
  SEALPOST_TRY_VOID(told(transaction.insert(key, key.owner, std::move(sealed))));
  SEALPOST_TRY_VOID(told(record_change<SigningKey>(transaction, view_context(operations, picture), call,
                                                   "key.created", nullptr, key)));
  return {};
}

std::vector<const SigningKey*> usable_keys(const DirectorySnapshot& picture, Position owner, WallTime now) {
  std::vector<const SigningKey*> out;
  const auto it = picture.keys_of.find(owner);
  if (it == picture.keys_of.end()) return out;
  for (const auto& key : it->second) {
    const KeyState state = effective_state(*key, now);
    if (state == KeyState::Active || state == KeyState::Retiring || state == KeyState::Pending)
      out.push_back(key.get());
  }
  return out;
}

Made key_made(const ViewContext& context, const SigningKey& key) {
  Made made = made_of(resource_of(context, key));
  made.resource.body = boost::json::object{{"key", std::move(made.resource.body)}};
  return made;
}

Operation<Made> create_source_key(Operations& operations, const AuthorizedCall& call,
                                  const NewSourceKey& request) {
  const auto seen = operations.picture();
  SEALPOST_TRY(const Source* known,
               find_visible(*seen->directory, seen->directory->sources, call, request.source.position));
  // Made and checked before the writer's time is taken.
  SEALPOST_TRY(const KeyMaterial material, material_of(request, known->scheme, operations.parts().entropy));
  return operations.change<Made>([&](ControlTransaction& transaction,
                                     const DirectorySnapshot& picture) -> Operation<Made> {
    SEALPOST_TRY(const Source* source, find_visible(picture, picture.sources, call, request.source.position));
    SEALPOST_TRY_VOID(find_open_integration(picture, call, source->integration));
    if (source->state == SourceState::Deleted) return refuse(PublicCode::Conflict, "the source is deleted");
    SEALPOST_TRY(const SigningKey key, prepare_key(operations,
                                                   {.tenancy = source->head.tenancy,
                                                    .integration = source->integration,
                                                    .owner = source->head.position,
                                                    .use = KeyUse::Inbound,
                                                    .end = request.end,
                                                    .scheme = source->scheme},
                                                   material));
    SEALPOST_TRY(auto before, key_made_before(operations, transaction, picture, call, source->head.tenancy,
                                              request.once, key.head.position));
    if (before) return *std::move(before);
    if (usable_keys(picture, source->head.position, operations.now()).size() >= kMaxUsableKeys)
      return refuse(PublicCode::ResourceLimitReached, "a source verifies with at most 5 keys");
    SEALPOST_TRY_VOID(judge_reuse(picture, key));
    SEALPOST_TRY_VOID(insert_key(operations, transaction, picture, call, key, material));
    Made made = key_made(view_context(operations, picture), key);
    if (request.secret.empty() && key.algorithm != KeyAlgorithm::Ed25519) {
      made.secret = printed_form(material, source->scheme);
      made.secret_member = "secret";
    }
    return made;
  });
}

Operation<Made> rotate_endpoint_key(Operations& operations, const AuthorizedCall& call,
                                    const KeyRotation& request) {
  if (request.algorithm == KeyAlgorithm::StaticToken)
    return refuse(PublicCode::ValidationFailed, "endpoints sign with hmac_sha256 or ed25519", {"/algorithm"});
  if (request.overlap < Milliseconds(0) || request.overlap > kMaxKeyOverlap)
    return refuse(PublicCode::ValidationFailed, "0 to 30 days", {"/overlap_seconds"});
  const KeyMaterial material = generate_outbound_key(request.algorithm, operations.parts().entropy);
  return operations.change<Made>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
        SEALPOST_TRY(const Endpoint* endpoint,
                     find_visible(picture, picture.endpoints, call, request.endpoint.position));
        SEALPOST_TRY_VOID(find_open_integration(picture, call, endpoint->integration));
        if (endpoint->state == EndpointState::Deleted)
          return refuse(PublicCode::Conflict, "the endpoint is deleted");
        SEALPOST_TRY(const SigningKey key, prepare_key(operations,
                                                       {.tenancy = endpoint->head.tenancy,
                                                        .integration = endpoint->integration,
                                                        .owner = endpoint->head.position,
                                                        .use = KeyUse::Outbound,
                                                        .end = request.end,
                                                        .scheme = {}},
                                                       material));
        SEALPOST_TRY(auto before, key_made_before(operations, transaction, picture, call,
                                                  endpoint->head.tenancy, request.once, key.head.position));
        if (before) return *std::move(before);
        const ViewContext context = view_context(operations, picture);
        const auto usable = usable_keys(picture, endpoint->head.position, context.now);
        if (usable.size() >= kMaxUsableKeys)
          return refuse(PublicCode::ResourceLimitReached,
                        "an endpoint signs with at most 5 keys; retire one first");
        for (const SigningKey* old : usable) {
          if (old->algorithm != request.algorithm || effective_state(*old, context.now) != KeyState::Active)
            continue;
          auto retiring = begin_retirement(*old, request.overlap, context.now);
          if (!retiring) continue;
          SEALPOST_TRY_VOID(told(transaction.update(*retiring, context.now)));
          SEALPOST_TRY_VOID(told(record_change(transaction, context, call, "key.retiring", old, *retiring)));
        }
        SEALPOST_TRY_VOID(insert_key(operations, transaction, picture, call, key, material));
        Made made = key_made(context, key);
        if (key.algorithm == KeyAlgorithm::HmacSha256) {
          made.secret = printed_form(material, {});
          made.secret_member = "secret";
        }
        return made;
      });
}

Operation<Made> retire_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                           Milliseconds overlap, const Once& once) {
  if (overlap == Milliseconds(0))
    return after_ending(operations, call, id,
                        end_visible(operations, call, &DirectorySnapshot::keys, id.position,
                                    {.kind = AccessEndKind::RetireKey,
                                     .tenancy = {},
                                     .what = 0,
                                     .reason = {},
                                     .compromised_since = {},
                                     .if_version = {},
                                     .once = once}));
  return operations.change<Made>(
      [&](ControlTransaction& transaction, const DirectorySnapshot& picture) -> Operation<Made> {
        SEALPOST_TRY(const SigningKey* before, find_visible(picture, picture.keys, call, id.position));
        const ViewContext context = view_context(operations, picture);
        SEALPOST_TRY(const auto repeat,
                     claim_once(operations, transaction, call, before->head.tenancy, once, id.position));
        if (repeat) return made_of(resource_of(context, *before), true);
        auto after = begin_retirement(*before, overlap, context.now);
        if (!after && after.error() == KeyLifeError::BadOverlap)
          return refuse(PublicCode::ValidationFailed, "0 to 30 days", {"/overlap_seconds"});
        if (!after) return refuse(PublicCode::Conflict, "the key is not active");
        SEALPOST_TRY_VOID(told(transaction.update(*after, context.now)));
        SEALPOST_TRY_VOID(told(record_change(transaction, context, call, "key.retiring", before, *after)));
        return made_of(resource_of(context, *after));
      });
}

Operation<Made> mark_key_compromised(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                                     WallTime since, std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return after_ending(operations, call, id,
                      end_visible(operations, call, &DirectorySnapshot::keys, id.position,
                                  {.kind = AccessEndKind::CompromiseKey,
                                   .tenancy = {},
                                   .what = 0,
                                   .reason = std::string(reason),
                                   .compromised_since = since,
                                   .if_version = {},
                                   .once = once}));
}

Operation<Made> destroy_signing_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id,
                                    std::string_view reason, const Once& once) {
  if (!is_reason(reason)) return refuse(PublicCode::ValidationFailed, "1 to 500 characters", {"/reason"});
  return after_ending(operations, call, id,
                      end_visible(operations, call, &DirectorySnapshot::keys, id.position,
                                  {.kind = AccessEndKind::DestroyKey,
                                   .tenancy = {},
                                   .what = 0,
                                   .reason = std::string(reason),
                                   .compromised_since = {},
                                   .if_version = {},
                                   .once = once}));
}

Operation<Resource> read_key(Operations& operations, const AuthorizedCall& call, SigningKeyId id) {
  return read_record(operations, call, &DirectorySnapshot::keys, id.position);
}

Operation<PageView> list_source_keys(Operations& operations, const AuthorizedCall& call, SourceId source,
                                     const PageQuery& page) {
  const auto picture = operations.picture();
  SEALPOST_TRY_VOID(find_visible(*picture->directory, picture->directory->sources, call, source.position));
  return list_keys(operations, call, source.position, page);
}

Operation<PageView> list_endpoint_keys(Operations& operations, const AuthorizedCall& call,
                                       EndpointId endpoint, const PageQuery& page) {
  const auto picture = operations.picture();
  SEALPOST_TRY_VOID(
      find_visible(*picture->directory, picture->directory->endpoints, call, endpoint.position));
  return list_keys(operations, call, endpoint.position, page);
}

}  // namespace sealpost
