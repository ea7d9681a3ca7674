// Every signing key in use, opened and ready: what verifies for each source, what signs for each endpoint.
// Built aside after a change of the directory, swapped in whole, read by message paths without a lock; owners
// whose keys did not change are carried over from the ring before. Immutable, thread-safe; the keys live as
// long as somebody holds the ring or the set.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/model/directory_snapshot.h"
#include "domain/model/public_id.h"
#include "domain/schemes/sign.h"
#include "domain/schemes/verify.h"
#include "trust/vault/vault.h"

namespace sealpost {

// Sealed columns of SigningKey rows, by position.
using SealedMaterial = std::unordered_map<Position, std::shared_ptr<const Bytes>>;

// All keys that currently sign for one endpoint, newest first.
class SignerSet final {
 public:
  struct Signer {
    SigningKeyId id;
    std::string public_id;
    std::variant<HmacSha256, Ed25519PrivateKey> material;
  };
  explicit SignerSet(std::vector<Signer> signers);
  SignerSet(const SignerSet&) = delete;
  SignerSet& operator=(const SignerSet&) = delete;

  [[nodiscard]] bool empty() const { return signers_.empty(); }
  [[nodiscard]] std::span<const Signer> signers() const { return signers_; }
  // For sign_standard(): those of the versions that the endpoint chose.
  struct Choice {
    bool v1 = true;
    bool v1a = false;
  };
  [[nodiscard]] std::vector<OutboundKey> keys(Choice choice) const;
  // Public ids of the same keys, in the same order: what the attempt records.
  [[nodiscard]] std::vector<std::string> key_ids(Choice choice) const;

 private:
  std::vector<Signer> signers_;
};

// What an owner's keys were built from: equal stamps, equal keys.
struct KeyStamp {
  Position key = 0;
  std::uint64_t version = 0;
  KeyState state = KeyState::Active;  // when it was built
  friend auto operator<=>(const KeyStamp&, const KeyStamp&) = default;
};
using KeyStamps = std::vector<KeyStamp>;

class KeyRing final {
 public:
  struct Inputs {
    const DirectorySnapshot& picture;
    const SealedMaterial& sealed;
    const Vault& vault;
    const PublicIdCodec& ids;
    WallTime now{};
  };
  struct Rebuilt {
    std::shared_ptr<const KeyRing> ring;
    // Keys whose material could not be opened: they verify and sign nothing, and are reported.
    std::vector<SigningKeyId> unusable;
  };
  static Rebuilt rebuild(const Inputs& inputs, const KeyRing* previous);

  // Keys to verify with, current ones first; empty for an unknown source.
  [[nodiscard]] std::span<const VerificationKey> inbound(SourceId source) const;
  // Nothing for an endpoint without a signing key.
  [[nodiscard]] std::shared_ptr<const SignerSet> outbound(EndpointId endpoint) const;
  // Time alone makes this ring wrong from then on (an overlap ends, a key expires): rebuild by then.
  [[nodiscard]] std::optional<WallTime> rebuild_at() const { return rebuild_at_; }

 private:
  struct InboundKeys;
  struct OutboundKeys;
  using KeyPointers = std::vector<std::shared_ptr<const SigningKey>>;
  static std::shared_ptr<const InboundKeys> build_inbound(const Inputs&, const KeyPointers&, KeyStamps);
  static std::shared_ptr<const OutboundKeys> build_outbound(const Inputs&, const KeyPointers&, KeyStamps);
  std::unordered_map<Position, std::shared_ptr<const InboundKeys>> inbound_;
  std::unordered_map<Position, std::shared_ptr<const OutboundKeys>> outbound_;
  std::optional<WallTime> rebuild_at_;
};

}  // namespace sealpost
