#include "flow/directory/testing/control_plane.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace sealpost {

ControlPlane::ControlPlane() = default;
ControlPlane::~ControlPlane() = default;

void ControlPlane::SetUp() {
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
  options.work_row_key = key_that_everybody_knows;
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

void ControlPlane::TearDown() {
  operations_.reset();
  directory_.reset();
  audit_.reset();
  vault_.reset();
  if (store_) store_->close();
  store_.reset();
  std::filesystem::remove_all(directory_path_);
}

bool ControlPlane::open_directory() {
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

DirectoryPicture ControlPlane::picture() { return directory_->picture()->directory; }

AuthorizedCall ControlPlane::by_operator(const Tenancy& tenancy) {
  return TestCalls::operator_call(tenancy, Scope::IntegrationsManage, context());
}

AuthorizedCall ControlPlane::by_machine(IntegrationId integration, ScopeSet scopes, Scope scope,
                                        CredentialId credential) {
  return TestCalls::machine({.tenancy = picture()->find(integration)->head.tenancy,
                             .integration = integration,
                             .credential = credential,
                             .scope = scope,
                             .scopes = scopes,
                             .context = context()});
}

CallContext ControlPlane::context() {
  return {.request = {77}, .source_address = *IpAddress::parse("192.0.2.7"), .at = clock_.wall_now()};
}

OrganizationId ControlPlane::make_organization(std::string name) {
  auto made = create_organization(ops(), by_operator(), {.name = std::move(name), .once = {}});
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

WorkspaceId ControlPlane::make_workspace(OrganizationId organization) {
  return {create_workspace(ops(), by_operator(), {.organization = organization, .name = "Team", .once = {}})
              ->resource.position};
}

IntegrationId ControlPlane::make_integration(WorkspaceId workspace, Environment environment) {
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

IntegrationId ControlPlane::make_integration() {
  return make_integration(make_workspace(make_organization()));
}

SourceId ControlPlane::make_source(IntegrationId integration, InboundScheme scheme) {
  NewSource request;
  request.integration = integration;
  request.name = "Hooks";
  request.scheme = scheme;
  auto made = create_source(ops(), by_operator(), request);
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

Operation<Made> ControlPlane::add_key(SourceId source, std::string_view secret) {
  NewSourceKey request;
  request.source = source;
  request.secret = secret;
  return create_source_key(ops(), by_operator(), request);
}

EndpointId ControlPlane::make_endpoint(IntegrationId integration, std::string url) {
  NewEndpoint request;
  request.integration = integration;
  request.name = "Receiver";
  request.url = std::move(url);
  request.headers = {{"X-Api-Key", "header-secret"}};
  auto made = create_endpoint(ops(), by_operator(), request);
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

ChannelId ControlPlane::make_channel(WorkspaceId workspace, Environment environment) {
  auto made = create_channel(ops(), by_operator(),
                             {.workspace = workspace,
                              .environment = environment,
                              .name = "Inbox",
                              .kind = ChannelKind::Inbox,
                              .once = {}});
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

GrantId ControlPlane::request_scopes(IntegrationId integration, std::vector<GrantedScope> scopes) {
  NewGrant request;
  request.integration = integration;
  request.scopes = std::move(scopes);
  request.reason = "builds are announced";
  auto made = request_grant(ops(), by_operator(), request);
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

GrantId ControlPlane::make_grant(IntegrationId integration, std::vector<GrantedScope> scopes) {
  const GrantId id = request_scopes(integration, std::move(scopes));
  EXPECT_TRUE(approve_grant(ops(), by_operator(), id, {}, {}).ok());
  return id;
}

CredentialId ControlPlane::make_credential(IntegrationId integration) {
  auto made = create_credential(ops(), by_operator(),
                                {.integration = integration, .name = "ci", .expires_at = {}, .once = {}});
  EXPECT_TRUE(made.ok());
  return {made->resource.position};
}

IntegrationId ControlPlane::make_active(WorkspaceId workspace) {
  const IntegrationId id = make_integration(workspace);
  EXPECT_TRUE(add_key(make_source(id), "a secret of " + std::to_string(id.position)).ok());
  make_grant(id);
  EXPECT_TRUE(rehearse_integration(ops(), by_operator(), id, {}).ok());
  EXPECT_TRUE(activate_integration(ops(), by_operator(), id, {}).ok());
  return id;
}

std::vector<ControlPlane::Fields> ControlPlane::records(OrganizationId log) {
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
        if (const auto* flag = std::get_if<bool>(&field.value)) fields[field.key] = *flag ? "true" : "false";
      }
    }
    out.push_back(std::move(fields));
  }
  return out;
}

std::uint64_t ControlPlane::epoch_of(OrganizationId organization) {
  return picture()->epoch_of(organization);
}

}  // namespace sealpost
