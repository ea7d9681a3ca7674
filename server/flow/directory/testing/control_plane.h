// A whole control plane in a directory of its own: the real store, vault and log under a clock and entropy
// that tests move. Also short ways to make the usual parties. Tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
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
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name =
        std::string(info->test_suite_name()) + "." + info->name() + "." + std::to_string(::getpid());
    std::ranges::replace(name, '/', '_');
    directory_path_ = std::filesystem::temp_directory_path() / ("sealpost_" + name);
    std::filesystem::remove_all(directory_path_);
    std::filesystem::create_directories(directory_path_);
    ASSERT_TRUE(FileRootKey::create(directory_path_ / "root.key", entropy_).ok());
    root_ = FileRootKey::load(directory_path_ / "root.key").value();
    SqliteOptions options;
    options.path = directory_path_ / "sealpost.db";
    store_ = SqliteStore::open(options, clock_, entropy_).value();
    vault_ = Vault::open(*store_, *root_, clock_, entropy_).value();
    ids_ = std::make_unique<PublicIdCodec>(vault_->make_public_id_codec({{1, 0}}));
    audit_ = std::make_unique<AuditTrail>(*store_, *vault_, clock_, entropy_,
                                          InstallationName{"test-installation", 1});
    tokens_ = std::make_unique<AccessTokens>(*vault_, denied_);
    gate_ = std::make_unique<AuthorizationGate>(*ids_);
    ASSERT_TRUE(open_directory());
  }
  void TearDown() override {
    operations_.reset();
    directory_.reset();
    audit_.reset();
    vault_.reset();
    if (store_) store_->close();
    store_.reset();
    std::filesystem::remove_all(directory_path_);
  }

  // As a restart would.
  bool open_directory() {
    operations_.reset();
    directory_ =
        std::make_unique<Directory>(Directory::Parts{*store_, *vault_, *audit_, *ids_, clock_, logger_});
    if (!directory_->load().ok()) return false;
    operations_ = std::make_unique<Operations>(
        Operations::Parts{.directory = *directory_,
                          .store = *store_,
                          .vault = *vault_,
                          .audit = *audit_,
                          .ids = *ids_,
                          .gate = *gate_,
                          .tokens = *tokens_,
                          .clock = clock_,
                          .entropy = entropy_,
                          .judge_endpoint = [this](const Tenancy&, std::string_view) { return url_refusal_; },
                          .hooks = {.node = "node-1", .abort_sends = [this](const EndedAccess& ended) {
                                      ended_.push_back(ended);
                                      return aborted_;
                                    }}});
    return true;
  }

  Operations& ops() { return *operations_; }
  DirectoryPicture picture() { return directory_->picture()->directory; }
  AuthorizedCall by_operator(const Tenancy& tenancy = {}) {
    return TestCalls::operator_call(tenancy, Scope::IntegrationsManage, context());
  }
  AuthorizedCall by_machine(IntegrationId integration, ScopeSet scopes = {Scope::IntegrationsManage},
                            Scope scope = Scope::IntegrationsManage) {
    return TestCalls::machine({.tenancy = picture()->find(integration)->head.tenancy,
                               .integration = integration,
                               .scope = scope,
                               .scopes = scopes,
                               .context = context()});
  }
  CallContext context() {
    return {.request = {77}, .source_address = *IpAddress::parse("192.0.2.7"), .at = clock_.wall_now()};
  }

  OrganizationId make_organization(std::string name = "Example") {
    auto made = create_organization(ops(), by_operator(), {.name = std::move(name), .once = {}});
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  WorkspaceId make_workspace(OrganizationId organization) {
    return {create_workspace(ops(), by_operator(), {.organization = organization, .name = "Team", .once = {}})
                ->resource.position};
  }
  IntegrationId make_integration(WorkspaceId workspace, Environment environment = Environment::Test) {
    auto made = create_integration(ops(), by_operator(),
                                   {.workspace = workspace,
                                    .environment = environment,
                                    .name = "Builds",
                                    .source_system = "github",
                                    .owner = IntegrationOwner{"Platform", "platform@example.com"},
                                    .rate_limit = {},
                                    .event_rules = {},
                                    .once = {}});
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  IntegrationId make_integration() { return make_integration(make_workspace(make_organization())); }
  SourceId make_source(IntegrationId integration, InboundScheme scheme = InboundScheme::GitHub) {
    NewSource request;
    request.integration = integration;
    request.name = "Hooks";
    request.scheme = scheme;
    auto made = create_source(ops(), by_operator(), request);
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  Operation<Made> add_key(SourceId source, std::string_view secret = "correct horse battery staple") {
    NewSourceKey request;
    request.source = source;
    request.secret = secret;
    return create_source_key(ops(), by_operator(), request);
  }
  EndpointId make_endpoint(IntegrationId integration,
                           std::string url = "https://receiver.example/hook?token=hunter2") {
    NewEndpoint request;
    request.integration = integration;
    request.name = "Receiver";
    request.url = std::move(url);
    request.headers = {{"X-Api-Key", "header-secret"}};
    auto made = create_endpoint(ops(), by_operator(), request);
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  ChannelId make_channel(WorkspaceId workspace, Environment environment = Environment::Test) {
    auto made = create_channel(ops(), by_operator(),
                               {.workspace = workspace,
                                .environment = environment,
                                .name = "Inbox",
                                .kind = ChannelKind::Inbox,
                                .once = {}});
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  GrantId request_scopes(IntegrationId integration, std::vector<GrantedScope> scopes) {
    NewGrant request;
    request.integration = integration;
    request.scopes = std::move(scopes);
    request.reason = "builds are announced";
    auto made = request_grant(ops(), by_operator(), request);
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  GrantId make_grant(IntegrationId integration, std::vector<GrantedScope> scopes = {{"messages:write", {}}}) {
    const GrantId id = request_scopes(integration, std::move(scopes));
    EXPECT_TRUE(approve_grant(ops(), by_operator(), id, {}, {}).ok());
    return id;
  }
  CredentialId make_credential(IntegrationId integration) {
    auto made = create_credential(ops(), by_operator(),
                                  {.integration = integration, .name = "ci", .expires_at = {}, .once = {}});
    EXPECT_TRUE(made.ok());
    return {made->resource.position};
  }
  // With a source, a key and a grant, rehearsed and active.
  IntegrationId make_active(WorkspaceId workspace) {
    const IntegrationId id = make_integration(workspace);
    EXPECT_TRUE(add_key(make_source(id), "a secret of " + std::to_string(id.position)).ok());
    make_grant(id);
    EXPECT_TRUE(rehearse_integration(ops(), by_operator(), id, {}).ok());
    EXPECT_TRUE(activate_integration(ops(), by_operator(), id, {}).ok());
    return id;
  }

  // Every record of a log, opened: the class under "class", each field of every group by its name.
  using Fields = std::map<std::string, std::string>;
  std::vector<Fields> records(OrganizationId log) {
    std::vector<Fields> out;
    std::uint64_t size = 0;
    EXPECT_TRUE(store_
                    ->read([&](Reader& reader) -> StoreResult<void> {
                      SEALPOST_TRY(size, reader.log_size(log));
                      return {};
                    })
                    .ok());
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto record = audit_->open_record({log, Environment::Shared}, index);
      EXPECT_TRUE(record.ok());
      Fields fields{{"class", record->leaf.fields.event_class}};
      for (const OpenedGroup& group : record->groups) {
        const std::vector<CanonicalField> opened = parse_canonical_fields(group.canonical).value();
        for (const CanonicalField& field : opened) {
          if (const auto* text = std::get_if<std::string>(&field.value)) fields[field.key] = *text;
          if (const auto* number = std::get_if<std::int64_t>(&field.value))
            fields[field.key] = std::to_string(*number);
          if (const auto* flag = std::get_if<bool>(&field.value))
            fields[field.key] = *flag ? "true" : "false";
        }
      }
      out.push_back(std::move(fields));
    }
    return out;
  }
  std::uint64_t epoch_of(OrganizationId organization) { return picture()->epoch_of(organization); }

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
