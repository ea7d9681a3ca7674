// Keeps keys; lends their use. Three layers, each wrapped by the one above and each erasable:
//
//   root key (provider)  wraps  installation key, public-id key, organization keys
//   organization key     wraps  its data keys; seals its secrets; tags
//   data key             seals  the content of one retention class and day
//
// The installation key is random and stored wrapped, and its purposes are derived from it, so that a new root
// key re-wraps a few values and changes none. Message paths ask for keys that are in memory and take a miss
// as an answer (503): no store, no provider and no waiting there. upkeep calls ensure_data_keys() often
// enough that tomorrow's keys exist before midnight; a new organization is made known by load_organization()
// after its commit. Internally synchronised. Reading from memory takes one snapshot; what says "loads" may
// block on the store and is not for socket threads or the store's writer.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/public_id.h"
#include "domain/model/retention.h"
#include "foundation/concurrency/snapshot.h"
#include "foundation/system/clock.h"
#include "storage/store/opening_settings.h"
#include "storage/store/store.h"
#include "trust/vault/data_key.h"
#include "trust/vault/organization_keys.h"
#include "trust/vault/root_key.h"
#include "trust/vault/seal_context.h"
#include "trust/vault/vault_error.h"

namespace sealpost {

// Tags that belong to the installation as a whole. Each purpose has a key of its own.
enum class InstallationTag : std::uint8_t {
  CredentialCheck,  // inside a client secret: refuses invented ones before any look-up
  CredentialHash,   // what is stored of a client secret
  LogPseudonym,     // names an organization in its log's origin
  PageCursor,
  ObjectRow,  // vouches for a row of the control plane: object_tag.h
};
inline constexpr std::size_t kInstallationTagCount = 5;

// The keyed digest of a body and the erasable key it was made with.
struct KeyedDigest {
  DataKeyId key;
  Hash256 digest{};
};

class Vault final {
 public:
  // The key that vouches for the store's own rows: of a purpose of its own, out of the installation key,
  // which it makes at first use. For the store while it opens.
  static Result<HmacSha256, VaultError> work_row_key(OpeningSettings& settings, const RootKey& root,
                                                     Entropy& entropy);
  // Makes the installation's keys at first use. Loads every organization's key.
  static Result<std::unique_ptr<Vault>, VaultError> open(Store& store, const RootKey& root,
                                                         const Clock& clock, Entropy& entropy);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // ---- Installation ----
  [[nodiscard]] PublicIdCodec make_public_id_codec(std::vector<GenerationStart> generations) const;
  [[nodiscard]] const XAes256Gcm& access_token_sealer() const;
  [[nodiscard]] const XAes256Gcm& operator_token_sealer() const;
  // As OrganizationKeys::tag().
  [[nodiscard]] Hash256 tag(InstallationTag purpose, std::initializer_list<ByteView> parts) const;
  // Secrets of the gateway itself, kept as settings: `name` is bound to the value ("log.signer").
  [[nodiscard]] Bytes seal_installation_secret(std::string_view name, const SecretBytes& secret) const;
  Result<SecretBytes, VaultError> open_installation_secret(std::string_view name, ByteView sealed) const;

  // ---- Organizations: from memory ----
  // Inside the transaction that creates the organization.
  StoreResult<DataKeyId> create_organization_key(Transaction& transaction, OrganizationId organization) const;
  // Nothing: not known in this process (yet).
  [[nodiscard]] std::shared_ptr<const OrganizationKeys> organization(OrganizationId organization) const;
  Result<Bytes, VaultError> seal_secret(const SecretBytes& secret, const SealContext& context) const;
  Result<SecretBytes, VaultError> open_secret(ByteView sealed, const SealContext& context) const;

  // ---- Content: from memory ----
  // Today's key; nothing on a miss.
  [[nodiscard]] std::shared_ptr<const DataKey> current_data_key(OrganizationId organization,
                                                                RetentionClass retention) const;
  // Under today's key of RetentionClass::Digest; KeyUnavailable on a miss.
  Result<KeyedDigest, VaultError> keyed_digest(OrganizationId organization, ByteView content) const;

  // ---- Content: loads ----
  // Opens with the key that the sealed value names.
  Result<Bytes, VaultError> open_sealed(ByteView sealed, const SealContext& context);
  // The same, refused unless the value names `key`.
  Result<Bytes, VaultError> open_with(DataKeyId key, ByteView sealed, const SealContext& context);
  // A key by its id, for who opens many values or compares digests of another day.
  Result<std::shared_ptr<const DataKey>, VaultError> data_key(OrganizationId organization, DataKeyId key);

  // ---- Upkeep: loads and writes ----
  // Today's and tomorrow's keys of every organization, in few transactions. How many were made.
  Result<std::size_t, VaultError> ensure_data_keys(WallTime now);
  // After the commit of create_organization_key(): its key and its data keys, ready when this returns.
  Result<void, VaultError> load_organization(OrganizationId organization);

 private:
  struct Cache;
  struct CacheEntry;
  struct Installation;
  struct Opened;
  struct Parts;
  using ClassOfDay = std::pair<std::chrono::sys_days, RetentionClass>;
  explicit Vault(Parts parts);
  Result<void, VaultError> load_all();
  template <class NextPage>
  Result<void, VaultError> adopt_pages(Cache& next, const NextPage& next_page) const;
  Result<void, VaultError> adopt(Cache& next, const ObjectRow& row) const;
  Result<std::shared_ptr<const DataKey>, VaultError> unwrap(const Cache& cache, const ObjectRow& row) const;
  Result<std::size_t, VaultError> create_missing(std::span<const OrganizationId> organizations, WallTime now);
  ObjectRow create_data_key(CacheEntry& entry, const ClassOfDay& what, WallTime now) const;

  Store& store_;
  const RootKey& root_;
  const Clock& clock_;
  Entropy& entropy_;
  std::unique_ptr<const Installation> installation_;
  Snapshot<Cache> cache_;
  std::mutex
      upkeep_;  // one changer of the cache at a time; held across the store's work, never by message paths
  std::unique_ptr<Opened> opened_;  // old keys that readers asked for; bounded
};

}  // namespace sealpost
