// A whole control plane in a directory of its own: the real store, vault and log under a clock and entropy
// that tests move. Also short ways to make the usual parties. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authorization/testing/test_calls.h"
#include "flow/directory/channels.h"
#include "flow/directory/credentials.h"
#include "flow/directory/endpoints.h"
#include "flow/directory/grants.h"
#include "flow/directory/integrations.h"
#include "flow/directory/keys.h"
#include "flow/directory/organizations.h"
#include "flow/directory/rehearsal.h"
#include "flow/directory/sources.h"
#include "flow/directory/subscriptions.h"
#include "foundation/system/testing/fakes.h"
#include "storage/store_sqlite/sqlite_store.h"
#include "trust/vault/root_key.h"

namespace sealpost {

class SilentSink final : public LogSink {
 public:
  void write(LogLevel, std::string_view) override {}
};

class ControlPlane : public ::testing::Test {
 protected:
  ControlPlane();
  ~ControlPlane() override;
  void SetUp() override;
  void TearDown() override;

  // As a restart would.
  bool open_directory();

  Operations& ops() { return *operations_; }
  DirectoryPicture picture();
  AuthorizedCall by_operator(const Tenancy& tenancy = {});
  AuthorizedCall by_machine(IntegrationId integration, ScopeSet scopes = {Scope::IntegrationsManage},
                            Scope scope = Scope::IntegrationsManage, CredentialId credential = {});
  CallContext context();

  OrganizationId make_organization(std::string name = "Example");
  WorkspaceId make_workspace(OrganizationId organization);
  IntegrationId make_integration(WorkspaceId workspace, Environment environment = Environment::Test);
  IntegrationId make_integration();
  SourceId make_source(IntegrationId integration, InboundScheme scheme = InboundScheme::GitHub);
  Operation<Made> add_key(SourceId source, std::string_view secret = "correct horse battery staple");
  EndpointId make_endpoint(IntegrationId integration,
                           std::string url = "https://receiver.example/hook?token=hunter2");
  ChannelId make_channel(WorkspaceId workspace, Environment environment = Environment::Test);
  GrantId request_scopes(IntegrationId integration, std::vector<GrantedScope> scopes);
  GrantId make_grant(IntegrationId integration, std::vector<GrantedScope> scopes = {{"messages:write", {}}});
  CredentialId make_credential(IntegrationId integration);
  // With a source, a key and a grant, rehearsed and active.
  IntegrationId make_active(WorkspaceId workspace);

  // Every record of a log, opened: the class under "class", each field of every group by its name.
  using Fields = std::map<std::string, std::string>;
  std::vector<Fields> records(OrganizationId log);
  std::uint64_t epoch_of(OrganizationId organization);

  FakeClock clock_;
  SeededEntropy entropy_;
  SilentSink sink_;
  Logger logger_{clock_, sink_, LogLevel::Off, LogFormat::Json};
  std::filesystem::path directory_path_;
  std::unique_ptr<FileRootKey> root_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<PublicIdCodec> ids_;
  std::unique_ptr<AuditTrail> audit_;
  TokenDenyList denied_;
  std::unique_ptr<AccessTokens> tokens_;
  std::unique_ptr<AuthorizationGate> gate_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Operations> operations_;
  std::optional<EgressRefusal> url_refusal_;
  std::vector<EndedAccess> ended_;
  std::optional<std::vector<DeliveryId>> aborted_ = std::vector<DeliveryId>{};
};

}  // namespace sealpost
