#include "app/wiring/core.h"

#include <fmt/format.h>

#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost {
namespace {

constexpr std::string_view kNoInstallation =
    "The data directory holds no installation: run `sealpost init` first.";

std::string explain(RootKeyError error, const std::filesystem::path& path) {
  switch (error) {
    case RootKeyError::NotFound:
      return fmt::format("There is no root key at {}: run `sealpost init` first.", path.string());
    case RootKeyError::Permissions:
      return fmt::format("{} may be read by others: chmod 0600.", path.string());
    case RootKeyError::UnsupportedVersion:
      return fmt::format("{} was written by a later release.", path.string());
    default:
      return fmt::format("{} is no readable root key.", path.string());
  }
}

std::string_view explain(StoreError error) {
  switch (error) {
    case StoreError::InUse:
      return "Another process has the data directory open.";
    case StoreError::NewerSchema:
      return "The database was written by a later release.";
    case StoreError::Corrupt:
      return "The database is damaged.";
    case StoreError::Tampered:
      return "The database's own state (its schema, or the rows of engine and schema_version) is not what "
             "the gateway "
             "wrote.";
    case StoreError::Full:
      return "There is no space left on the disk.";
    default:
      return "The database can't be opened.";
  }
}

std::string_view explain(VaultError error) {
  return error == VaultError::WrongRootKey ? "This root key does not open this database."
                                           : "The vault can't be opened.";
}

Result<InstallationName, std::string> name_installation(Store& store, Entropy& entropy, Core::Mode mode) {
  std::optional<std::string> id;
  const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(id, reader.setting("installation_id"));
    return {};
  });
  if (!read) return fail(std::string("The database can't be read."));
  if (!id && mode == Core::Mode::Open) return fail(std::string(kNoInstallation));
  if (!id) {
    id = to_base32(entropy.array<15>());
    const auto written = store.transact_and_wait(
        [&](Transaction& transaction) { return transaction.set_setting("installation_id", *id); });
    if (!written) return fail(std::string("The database can't be written."));
  }
  return InstallationName{.id = *id, .generation = 1};
}

// The store makes a database where it finds none, or an empty file. Who only opens must not get one: it would
// pass for this installation's. Whether the directory is there at all is for the store to say.
bool is_without_database(const std::filesystem::path& database) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(database.parent_path(), ignored)) return false;
  const auto found = std::filesystem::status(database, ignored).type();
  return found == std::filesystem::file_type::not_found ||
         (found == std::filesystem::file_type::regular && std::filesystem::file_size(database, ignored) == 0);
}

}  // namespace

Core::~Core() {
  if (store) store->close();
}

Result<std::unique_ptr<Core>, std::string> Core::open(const Config& config, Mode mode, const Clock* clock) {
  std::unique_ptr<Core> core(new Core(clock));
  auto root = FileRootKey::load(config.root_key);
  if (!root) return fail(explain(root.error(), config.root_key));
  core->root = *std::move(root);
  SqliteOptions options;
  options.path = config.data_dir / "sealpost.db";
  if (mode == Mode::Open && is_without_database(options.path)) return fail(std::string(kNoInstallation));
  std::optional<VaultError> without_key;
  options.work_row_key = [&](OpeningSettings& settings) -> StoreResult<HmacSha256> {
    auto key = Vault::work_row_key(settings, *core->root, core->entropy);
    if (key) return std::move(*key);
    without_key = key.error();
    return fail(StoreError::Unavailable);
  };
  auto store = SqliteStore::open(std::move(options), core->clock, core->entropy);
  if (without_key) return fail(std::string(explain(*without_key)));
  if (!store) return fail(std::string(explain(store.error())));
  core->store = *std::move(store);
  auto vault = Vault::open(*core->store, *core->root, core->clock, core->entropy);
  if (!vault) return fail(std::string(explain(vault.error())));
  core->vault = *std::move(vault);
  SEALPOST_TRY(core->installation, name_installation(*core->store, core->entropy, mode));
  core->ids = std::make_unique<PublicIdCodec>(
      core->vault->make_public_id_codec({{.generation = core->installation.generation, .first = 0}}));
  core->audit = std::make_unique<AuditTrail>(*core->store, *core->vault, core->clock, core->entropy,
                                             core->installation);
  return core;
}

std::string store_library_version() { return SqliteStore::library_version(); }

}  // namespace sealpost
