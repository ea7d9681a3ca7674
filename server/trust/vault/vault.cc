#include "trust/vault/vault.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "foundation/bytes/secret_access.h"
#include "trust/vault/data_key_record.h"
#include "trust/vault/internal/derived.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

using Day = std::chrono::sys_days;
using vault_internal::derive_sealer;

constexpr std::string_view kInstallationSetting = "vault.installation_key";
constexpr std::string_view kPublicIdSetting = "vault.public_id_key";
constexpr std::uint32_t kPageRows = 500;
constexpr std::size_t kRowsPerTransaction = 200;
constexpr std::size_t kMaxOpenedKeys = 4096;

constexpr std::array<std::string_view, kInstallationTagCount> kTagPurposes = {
    "installation/tag/credential-check/v1", "installation/tag/credential-hash/v1",
    "installation/tag/log-pseudonym/v1", "installation/tag/page-cursor/v1", "installation/tag/object-row/v1"};

Day day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time); }
std::uint32_t number_of(Day day) { return static_cast<std::uint32_t>(day.time_since_epoch().count()); }

Tenancy shared(OrganizationId organization) { return {organization, Environment::Shared}; }

SealContext key_context(OrganizationId organization, DataKeyId id, std::string_view field) {
  return {.tenancy = shared(organization),
          .kind = EntityKind::DataKey,
          .id = id.position,
          .version = 1,
          .field = field};
}
// What belongs to no organization is bound to its name.
SealContext setting_context(std::string_view name) {
  SealContext context;
  context.field = name;
  return context;
}
// Class and day are bound, so that a row whose members were edited does not open.
std::string data_key_field(RetentionClass retention, std::uint32_t day) {
  return "data_key/" + std::string(name_of(retention)) + "/" + std::to_string(day);
}

VaultError from_root_error(RootKeyError error) {
  return error == RootKeyError::Tampered ? VaultError::WrongRootKey : VaultError::KeyUnavailable;
}

// Settings of an open store, read and written as those of one that opens.
class StoreSettings final : public OpeningSettings {
 public:
  explicit StoreSettings(Store& store) : store_(store) {}

  StoreResult<std::optional<std::string>> get(std::string_view name) override {
    std::optional<std::string> stored;
    SEALPOST_TRY_VOID(store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(stored, reader.setting(name));
      return {};
    }));
    return stored;
  }
  StoreResult<void> set(std::string_view name, std::string_view value) override {
    return store_.transact_and_wait(
        [&](Transaction& transaction) { return transaction.set_setting(name, value); });
  }

 private:
  Store& store_;
};

// A key of the installation: read and unwrapped, or made and stored.
Result<SecretBytes, VaultError> installation_secret(OpeningSettings& settings, const RootKey& root,
                                                    Entropy& entropy, std::string_view name) {
  const auto stored = settings.get(name);
  if (!stored) return fail(VaultError::StoreFailed);
  const SealContext context = setting_context(name);
  if (*stored) {
    const auto wrapped = from_hex(**stored);
    if (!wrapped) return fail(VaultError::Malformed);
    auto key = root.unwrap(*wrapped, encode(context));
    if (!key) return fail(from_root_error(key.error()));
    return std::move(*key);
  }
  SecretBytes key = vault_internal::random_key(entropy);
  const auto wrapped = root.wrap(key, encode(context), entropy);
  if (!wrapped) return fail(from_root_error(wrapped.error()));
  if (!settings.set(name, to_hex(*wrapped))) return fail(VaultError::StoreFailed);
  return key;
}

}  // namespace

struct Vault::Installation {
  Installation(SecretBytes key, SecretBytes id_key)
      : public_id_key(std::move(id_key)),
        access_tokens(derive_sealer(key, "installation/access-tokens/v1")),
        operator_tokens(derive_sealer(key, "installation/operator-tokens/v1")),
        secrets(derive_sealer(key, "installation/secrets/v1")),
        tags(vault_internal::derive_tags(key, kTagPurposes)) {}
  SecretBytes public_id_key;
  XAes256Gcm access_tokens;
  XAes256Gcm operator_tokens;
  XAes256Gcm secrets;
  std::array<HmacSha256, kInstallationTagCount> tags;
};

// What message paths look into. Copied, changed and swapped whole; entries are shared between copies.
struct Vault::CacheEntry {
  DataKeyId organization_key;
  std::shared_ptr<const OrganizationKeys> keys;
  std::map<ClassOfDay, std::shared_ptr<const DataKey>> data;  // today's and tomorrow's
};
struct Vault::Cache {
  std::unordered_map<OrganizationId, CacheEntry> organizations;

  [[nodiscard]] const CacheEntry* find(OrganizationId organization) const {
    const auto it = organizations.find(organization);
    return it == organizations.end() ? nullptr : &it->second;
  }
};

struct Vault::Opened {
  std::mutex mutex;
  std::unordered_map<DataKeyId, std::shared_ptr<const DataKey>> keys;
};

struct Vault::Parts {
  Store& store;
  const RootKey& root;
  const Clock& clock;
  Entropy& entropy;
  std::unique_ptr<const Installation> installation;
};

Vault::Vault(Parts parts)
    : store_(parts.store),
      root_(parts.root),
      clock_(parts.clock),
      entropy_(parts.entropy),
      installation_(std::move(parts.installation)),
      cache_(std::make_shared<const Cache>()),
      opened_(std::make_unique<Opened>()) {}

Vault::~Vault() = default;

Result<HmacSha256, VaultError> Vault::work_row_key(OpeningSettings& settings, const RootKey& root,
                                                   Entropy& entropy) {
  SEALPOST_TRY(const SecretBytes key, installation_secret(settings, root, entropy, kInstallationSetting));
  return HmacSha256(vault_internal::derive_key(key, "installation/tag/work-row/v1"));
}

Result<std::unique_ptr<Vault>, VaultError> Vault::open(Store& store, const RootKey& root, const Clock& clock,
                                                       Entropy& entropy) {
  StoreSettings settings(store);
  SEALPOST_TRY(SecretBytes key, installation_secret(settings, root, entropy, kInstallationSetting));
  SEALPOST_TRY(SecretBytes id_key, installation_secret(settings, root, entropy, kPublicIdSetting));
  auto installation = std::make_unique<const Installation>(std::move(key), std::move(id_key));
  std::unique_ptr<Vault> vault(new Vault({store, root, clock, entropy, std::move(installation)}));
  SEALPOST_TRY_VOID(vault->load_all());
  return vault;
}

// ---- Installation ---------------------------------------------------------------------------------------

PublicIdCodec Vault::make_public_id_codec(std::vector<GenerationStart> generations) const {
  auto block = Aes256Block::create(installation_->public_id_key);
  return {std::move(block).value(), std::move(generations)};
}

const XAes256Gcm& Vault::access_token_sealer() const { return installation_->access_tokens; }
const XAes256Gcm& Vault::operator_token_sealer() const { return installation_->operator_tokens; }

Hash256 Vault::tag(InstallationTag purpose, std::initializer_list<ByteView> parts) const {
  return installation_->tags.at(static_cast<std::size_t>(purpose)).tag(vault_internal::join_parts(parts));
}

Bytes Vault::seal_installation_secret(std::string_view name, const SecretBytes& secret) const {
  const ByteView bytes = secret.reveal(SecretAccess("seal a secret of the gateway"));
  return installation_->secrets.seal(bytes, encode(setting_context(name)), entropy_);
}

Result<SecretBytes, VaultError> Vault::open_installation_secret(std::string_view name,
                                                                ByteView sealed) const {
  auto secret = installation_->secrets.open_secret(sealed, encode(setting_context(name)));
  if (!secret) return fail(VaultError::Tampered);
  return std::move(*secret);
}

// ---- Organizations --------------------------------------------------------------------------------------

StoreResult<DataKeyId> Vault::create_organization_key(Transaction& transaction,
                                                      OrganizationId organization) const {
  DataKeyRecord record;
  record.role = DataKeyRole::Organization;
  record.wrapped_by = root_.id();
  const WallTime now = clock_.wall_now();
  const DataKeyId id{store_.positions().draw()};
  record.head = {.position = id.position,
                 .tenancy = shared(organization),
                 .version = 1,
                 .created_at = now,
                 .updated_at = now};
  const SecretBytes key = vault_internal::random_key(entropy_);
  auto wrapped = root_.wrap(key, encode(key_context(organization, id, "organization_key")), entropy_);
  if (!wrapped) return fail(StoreError::Unavailable);
  SEALPOST_TRY_VOID(transaction.insert_object(stamped(*this, {.kind = EntityKind::DataKey,
                                                              .head = record.head,
                                                              .parent = organization.position,
                                                              .body = record_to_text(record),
                                                              .sealed = std::move(*wrapped)})));
  return id;
}

std::shared_ptr<const OrganizationKeys> Vault::organization(OrganizationId organization) const {
  const auto cache = cache_.load();
  const auto* entry = cache->find(organization);
  return entry == nullptr ? nullptr : entry->keys;
}

Result<Bytes, VaultError> Vault::seal_secret(const SecretBytes& secret, const SealContext& context) const {
  const auto keys = organization(context.tenancy.organization);
  if (keys == nullptr) return fail(VaultError::KeyUnavailable);
  return keys->seal_secret(secret, context, entropy_);
}

Result<SecretBytes, VaultError> Vault::open_secret(ByteView sealed, const SealContext& context) const {
  const auto keys = organization(context.tenancy.organization);
  if (keys == nullptr) return fail(VaultError::KeyUnavailable);
  return keys->open_secret(sealed, context);
}

// ---- Content --------------------------------------------------------------------------------------------

std::shared_ptr<const DataKey> Vault::current_data_key(OrganizationId organization,
                                                       RetentionClass retention) const {
  const auto cache = cache_.load();
  const auto* entry = cache->find(organization);
  if (entry == nullptr) return nullptr;
  const auto it = entry->data.find({day_of(clock_.wall_now()), retention});
  return it == entry->data.end() ? nullptr : it->second;
}

Result<KeyedDigest, VaultError> Vault::keyed_digest(OrganizationId organization, ByteView content) const {
  const auto key = current_data_key(organization, RetentionClass::Digest);
  if (key == nullptr) return fail(VaultError::KeyUnavailable);
  return KeyedDigest{key->id(), key->digest(content)};
}

Result<Bytes, VaultError> Vault::open_sealed(ByteView sealed, const SealContext& context) {
  const auto named = DataKey::key_of(sealed);
  if (!named) return fail(VaultError::Malformed);
  SEALPOST_TRY(const auto key, data_key(context.tenancy.organization, *named));
  return key->open(sealed, context);
}

Result<Bytes, VaultError> Vault::open_with(DataKeyId key, ByteView sealed, const SealContext& context) {
  const auto named = DataKey::key_of(sealed);
  if (!named) return fail(VaultError::Malformed);
  if (*named != key) return fail(VaultError::Tampered);
  return open_sealed(sealed, context);
}

Result<std::shared_ptr<const DataKey>, VaultError> Vault::data_key(OrganizationId organization,
                                                                   DataKeyId key) {
  const auto cache = cache_.load();
  const auto* entry = cache->find(organization);
  if (entry == nullptr) return fail(VaultError::KeyUnavailable);
  for (const auto& [name, held] : entry->data)
    if (held->id() == key) return held;
  {
    const std::scoped_lock lock(opened_->mutex);
    const auto it = opened_->keys.find(key);
    if (it != opened_->keys.end() && it->second->name().organization == organization) return it->second;
  }
  std::optional<ObjectRow> row;
  const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(row, reader.find_object(shared(organization), EntityKind::DataKey, key.position));
    return {};
  });
  if (!read)
    return fail(read.error() == StoreError::NotFound ? VaultError::Destroyed : VaultError::StoreFailed);
  SEALPOST_TRY(auto loaded, unwrap(*cache, *row));
  const std::scoped_lock lock(opened_->mutex);
  // Readers of old content are few; starting over is cheaper than keeping an order of use.
  if (opened_->keys.size() >= kMaxOpenedKeys) opened_->keys.clear();
  return opened_->keys.insert_or_assign(key, std::move(loaded)).first->second;
}

Result<std::shared_ptr<const DataKey>, VaultError> Vault::unwrap(const Cache& cache,
                                                                 const ObjectRow& row) const {
  if (!is_authentic(*this, row)) return fail(VaultError::Tampered);
  const auto record = record_from_text<DataKeyRecord>(row.head, row.body);
  if (!record || record->role != DataKeyRole::Data) return fail(VaultError::Malformed);
  if (row.sealed.empty()) return fail(VaultError::Destroyed);
  const OrganizationId organization = row.head.tenancy.organization;
  const auto* entry = cache.find(organization);
  if (entry == nullptr) return fail(VaultError::KeyUnavailable);
  const std::string field = data_key_field(record->retention, record->day);
  const Bytes context = encode(key_context(organization, record->id(), field));
  auto key = entry->keys->data_key_wrapper().open_secret(row.sealed, context);
  if (!key) return fail(VaultError::Tampered);
  const DataKey::Name name{.id = record->id(),
                           .organization = organization,
                           .retention = record->retention,
                           .day = Day(std::chrono::days(record->day))};
  return std::make_shared<const DataKey>(name, *key);
}

// ---- Upkeep ---------------------------------------------------------------------------------------------

// Takes one row into the next cache: an organization key, or a data key that is still current. One that was
// not written by us opens nothing, and takes no other organization's key with it.
Result<void, VaultError> Vault::adopt(Cache& next, const ObjectRow& row) const {
  if (row.kind != EntityKind::DataKey || row.sealed.empty() || !is_authentic(*this, row)) return {};
  const auto record = record_from_text<DataKeyRecord>(row.head, row.body);
  if (!record) return fail(VaultError::Malformed);
  const OrganizationId organization = row.head.tenancy.organization;
  if (record->role == DataKeyRole::Organization) {
    auto key = root_.unwrap(row.sealed, encode(key_context(organization, record->id(), "organization_key")));
    if (!key) return fail(from_root_error(key.error()));
    next.organizations[organization] = {.organization_key = record->id(),
                                        .keys = std::make_shared<const OrganizationKeys>(organization, *key),
                                        .data = {}};
    return {};
  }
  const Day day{std::chrono::days(record->day)};
  if (day < day_of(clock_.wall_now()) || next.find(organization) == nullptr) return {};
  SEALPOST_TRY(auto key, unwrap(next, row));
  next.organizations[organization].data.insert_or_assign({day, record->retention}, std::move(key));
  return {};
}

// One page to a read, because a read may hold its snapshot for a short time only.
template <class NextPage>
Result<void, VaultError> Vault::adopt_pages(Cache& next, const NextPage& next_page) const {
  Page page{.after = 0, .limit = kPageRows};
  for (;;) {
    std::vector<ObjectRow> rows;
    const auto read = store_.read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(rows, next_page(reader, page));
      return {};
    });
    if (!read) return fail(VaultError::StoreFailed);
    for (const auto& row : rows) SEALPOST_TRY_VOID(adopt(next, row));
    if (rows.size() < page.limit) return {};
    page.after = rows.back().head.position;
  }
}

Result<void, VaultError> Vault::load_all() {
  auto next = std::make_shared<Cache>();
  SEALPOST_TRY_VOID(adopt_pages(*next, [](Reader& reader, Page page) { return reader.load_objects(page); }));
  cache_.store(std::move(next));
  return {};
}

Result<void, VaultError> Vault::load_organization(OrganizationId organization) {
  const std::scoped_lock lock(upkeep_);
  auto next = std::make_shared<Cache>(*cache_.load());
  next->organizations.erase(organization);
  SEALPOST_TRY_VOID(adopt_pages(*next, [&](Reader& reader, Page page) {
    return reader.list_objects(shared(organization), EntityKind::DataKey, 0, page);
  }));
  if (next->find(organization) == nullptr) return fail(VaultError::KeyUnavailable);
  cache_.store(std::move(next));
  SEALPOST_TRY([[maybe_unused]] const auto made, create_missing({&organization, 1}, clock_.wall_now()));
  return {};
}

Result<std::size_t, VaultError> Vault::ensure_data_keys(WallTime now) {
  const std::scoped_lock lock(upkeep_);
  std::vector<OrganizationId> organizations;
  for (const auto& [organization, entry] : cache_.load()->organizations)
    organizations.push_back(organization);
  std::ranges::sort(organizations);
  return create_missing(organizations, now);
}

Result<std::size_t, VaultError> Vault::create_missing(std::span<const OrganizationId> organizations,
                                                      WallTime now) {
  auto next = std::make_shared<Cache>(*cache_.load());
  const Day today = day_of(now);
  std::vector<ObjectRow> rows;
  for (const OrganizationId organization : organizations) {
    auto& entry = next->organizations.at(organization);
    std::erase_if(entry.data, [&](const auto& held) { return held.first.first < today; });
    for (const Day day : {today, today + std::chrono::days(1)})
      for (const RetentionClass retention : kAllRetentionClasses)
        if (!entry.data.contains({day, retention}))
          rows.push_back(create_data_key(entry, {day, retention}, now));
  }
  for (std::size_t first = 0; first < rows.size(); first += kRowsPerTransaction) {
    const std::size_t end = std::min(rows.size(), first + kRowsPerTransaction);
    const auto written = store_.transact_and_wait([&](Transaction& transaction) -> StoreResult<void> {
      for (std::size_t i = first; i < end; ++i) SEALPOST_TRY_VOID(transaction.insert_object(rows[i]));
      return {};
    });
    // Keys that were written and are not in memory seal nothing, so losing them here harms nobody.
    if (!written) return fail(VaultError::StoreFailed);
  }
  cache_.store(std::move(next));
  return rows.size();
}

// A new key, taken into the entry and made a row of.
ObjectRow Vault::create_data_key(CacheEntry& entry, const ClassOfDay& what, WallTime now) const {
  const auto& [day, retention] = what;
  const OrganizationId organization = entry.keys->organization();
  const DataKey::Name name{
      .id = {store_.positions().draw()}, .organization = organization, .retention = retention, .day = day};
  DataKeyRecord record;
  record.head = {.position = name.id.position,
                 .tenancy = shared(organization),
                 .version = 1,
                 .created_at = now,
                 .updated_at = now};
  record.retention = retention;
  record.day = number_of(day);
  record.wrapped_by = std::to_string(entry.organization_key.position);
  const SecretBytes key = vault_internal::random_key(entropy_);
  const Bytes context = encode(key_context(organization, name.id, data_key_field(retention, record.day)));
  const ByteView bytes = key.reveal(SecretAccess("wrap a data key under its organization's"));
  entry.data.emplace(what, std::make_shared<const DataKey>(name, key));
  return stamped(*this, {.kind = EntityKind::DataKey,
                         .head = record.head,
                         .parent = organization.position,
                         .body = record_to_text(record),
                         .sealed = entry.keys->data_key_wrapper().seal(bytes, context, entropy_)});
}

}  // namespace sealpost
