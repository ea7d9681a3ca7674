// A new signing key: its record, its sealed material, its audit record. Shared by sources, endpoints and
// keys.
#pragma once

#include "flow/directory/internal/writing.h"
#include "flow/directory/keys.h"
#include "trust/signing/key_material.h"

namespace sealpost {

struct KeyMaking {
  Tenancy tenancy;
  IntegrationId integration;
  Position owner = 0;
  KeyUse use = KeyUse::Outbound;
  KeyEnd end;
  std::optional<InboundScheme> scheme;  // of an inbound key
};
// The record, complete; nothing is written.
Operation<SigningKey> prepare_key(const Operations& operations, const KeyMaking& making,
                                  const KeyMaterial& material);
// Writes it with its material and its audit record.
Operation<void> insert_key(const Operations& operations, ControlTransaction& transaction,
                           const DirectorySnapshot& picture, const AuthorizedCall& call,
                           const SigningKey& key, const KeyMaterial& material);
// Keys of an owner that verify or sign at `now`, or will.
[[nodiscard]] std::vector<const SigningKey*> usable_keys(const DirectorySnapshot& picture, Position owner,
                                                         WallTime now);
// The contract's KeyCreated, without the secret.
[[nodiscard]] Made key_made(const ViewContext& context, const SigningKey& key);

}  // namespace sealpost
