// One organization with one integration, a real store and vault on a scratch directory, a clock that is moved
// by hand and a sender that answers when told: all an engine needs. Tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "flow/delivery/delivery_engine.h"
#include "flow/delivery/testing/scripted_sender.h"
#include "foundation/concurrency/snapshot.h"
#include "foundation/log/testing/captured_log.h"
#include "foundation/system/testing/fakes.h"
#include "storage/store/testing/scripted_store.h"
#include "storage/store_sqlite/sqlite_store.h"
#include "trust/vault/testing/vault_fixture.h"

namespace sealpost {

class DeliveryWorld : public ::testing::Test {
 public:
  DeliveryWorld();
  ~DeliveryWorld() override;

  // ---- The parties. publish() makes changes of `draft` seen.
  EndpointId add_endpoint(std::string url, std::uint32_t concurrency = 4,
                          std::vector<std::uint32_t> schedule = {1, 2, 3});
  SigningKeyId add_key(EndpointId endpoint, KeyAlgorithm algorithm = KeyAlgorithm::HmacSha256);
  Endpoint& edit(EndpointId id);
  Integration& edit_integration();
  Grant& edit_grant();
  void publish();

  // ---- Messages
  struct Accepted {
    MessageId message;
    std::vector<DeliveryId> deliveries;
  };
  // `carried`: with the payload in memory, as acceptance leaves it.
  Accepted accept(const std::vector<EndpointId>& to, bool carried = true, std::string payload = R"({"n":1})");
  [[nodiscard]] DeliveryRow row(DeliveryId delivery);
  [[nodiscard]] std::vector<AttemptRow> attempts(DeliveryId delivery);
  // Classes of the audit records from the first on that begins with this; and the fields of one of them.
  [[nodiscard]] std::vector<std::string> audit_classes();
  [[nodiscard]] std::string audit_fields(std::uint64_t index, std::string_view group);

  // ---- The process
  void start_engine();
  void stop_engine();
  // Ends the process as a crash does: what was leased stays leased. The engine is not started again.
  void crash();
  // Waits, without sleeping, until `condition` holds; false after ten seconds.
  bool eventually(const std::function<bool()>& condition);
  bool reaches(DeliveryId delivery, DeliveryState state);
  bool reaches_attempts(DeliveryId delivery, std::size_t count);
  bool sends(std::size_t count);
  // What is under way is filed first: the engine looks for due work when it is woken, and this clock never
  // ends a wait.
  void advance(Milliseconds by);

  FakeClock clock;
  SeededEntropy entropy;
  ScratchDirectory directory;
  CapturedLog log{clock};
  Logger logger{clock, log, LogLevel::Debug, LogFormat::Json};
  std::unique_ptr<FileRootKey> root;
  std::unique_ptr<SqliteStore> sqlite;
  std::unique_ptr<ScriptedStore> store;
  std::unique_ptr<Vault> vault;
  std::optional<PublicIdCodec> ids;
  std::unique_ptr<AuditTrail> audit;
  ScriptedSender sender;
  Tenancy tenancy;
  IntegrationId integration;
  WorkspaceId workspace{910};
  SourceId source{920};
  DirectorySnapshot draft;
  SealedMaterial sealed;
  std::unique_ptr<Snapshot<GatewayPicture>> picture;
  DeliveryOptions options;
  std::vector<EndpointId> disabled;
  std::mutex disabled_mutex;
  std::unique_ptr<DeliveryEngine> engine;

 private:
  template <class Record>
  Record& edit(RecordMap<Record>& records, Position position);
  void open();
  Position next_ = 10'000;
  std::uint64_t version_ = 0;
  Grant* grant_ = nullptr;
};

}  // namespace sealpost
