#include "app/wiring/wiring.h"

#include <atomic>
#include <mutex>

#include <fmt/format.h>

#include "access/authorization/authorization_gate.h"
#include "access/identity/access_token.h"
#include "app/wiring/egress_policies.h"
#include "app/wiring/metrics.h"
#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_server/http_server.h"
#include "edge/rest_api/rest_api.h"
#include "edge/webhook_inlet/webhook_inlet.h"
#include "flow/acceptance/acceptance.h"
#include "flow/delivery/delivery_engine.h"
#include "flow/directory/egress_openings.h"
#include "flow/directory/operations.h"
#include "flow/directory/revocation.h"
#include "flow/directory/sources.h"
#include "flow/history/message_history.h"
#include "flow/minting/token_minting.h"
#include "flow/upkeep/upkeep.h"

namespace sealpost {
namespace {

constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kPoolQueue = 2'048;
constexpr Milliseconds kRevocationPatience{750};

LogLevel level_of(LogLevelSetting setting) {
  switch (setting) {
    case LogLevelSetting::Debug:
      return LogLevel::Debug;
    case LogLevelSetting::Info:
      return LogLevel::Info;
    case LogLevelSetting::Warn:
      return LogLevel::Warn;
    case LogLevelSetting::Error:
      return LogLevel::Error;
  }
  return LogLevel::Info;
}

RateDefaults rates_of(const LimitSettings& settings) {
  return {.source = {settings.source_per_second, settings.source_burst},
          .integration = {settings.integration_per_second, settings.integration_burst},
          .credential = {settings.credential_per_second, settings.credential_burst},
          .organization = {std::max(settings.organization_per_second, settings.integration_per_second),
                           std::max(settings.organization_burst, settings.integration_burst)}};
}

HttpSenderOutlet outlet_of(const EgressSettings& settings) {
  HttpSenderOutlet outlet{.ca_file = settings.ca_file, .proxy = {}};
  if (settings.proxy) outlet.proxy = SocketAddress{settings.proxy->address, settings.proxy->port};
  return outlet;
}

Store::PurgeTerms terms_of(const LimitSettings& settings) {
  return {.now = {},
          .dead_letter_term = std::chrono::days(settings.payload_dead_letter_days),
          .inbox_term = std::chrono::days(settings.payload_inbox_days)};
}

}  // namespace

// In the order in which they lean on each other; destroyed the other way round.
struct Wiring::Parts {
  Config config;
  std::string version;
  const Clock* clock = nullptr;  // null: the machine's
  SystemClock machine_clock;     // for the log alone, which is there before the core
  std::unique_ptr<LogSink> sink = make_stderr_sink();
  std::unique_ptr<Logger> log;
  std::unique_ptr<Core> core;
  WallTime started_at{};
  std::atomic<bool> draining{false};
  std::mutex telling_openings;
  std::atomic<bool> openings_told{false};

  std::unique_ptr<Directory> directory;
  std::unique_ptr<AuthorizationGate> gate;
  TokenDenyList denied;
  std::unique_ptr<AccessTokens> tokens;
  std::unique_ptr<RefusalLedger> ledger;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<EgressPolicies> egress;
  std::unique_ptr<CurlHttpSender> sender;
  std::unique_ptr<DeliveryEngine> delivery;
  std::unique_ptr<Operations> operations;
  std::unique_ptr<MessageHistory> history;
  std::unique_ptr<Acceptance> acceptance;
  std::unique_ptr<TokenMinting> minting;
  std::unique_ptr<WebhookInlet> inlet;
  std::unique_ptr<RestApi> api;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<MetricsHandler> metrics;
  std::unique_ptr<HttpServer> metrics_server;
  std::unique_ptr<Upkeep> upkeep;
  bool finished = false;
};

Wiring::Wiring(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Wiring::~Wiring() { finish(); }

const Config& Wiring::config() const { return parts_->config; }
Logger& Wiring::log() { return *parts_->log; }
std::uint16_t Wiring::http_port() const { return parts_->server->port(0); }
std::uint16_t Wiring::metrics_port() const {
  return parts_->metrics_server ? parts_->metrics_server->port(0) : 0;
}

Result<std::unique_ptr<Wiring>, std::string> Wiring::start(Config config, std::string version,
                                                           const Clock* clock) {
  auto parts = std::make_unique<Parts>();
  parts->config = std::move(config);
  parts->version = std::move(version);
  parts->clock = clock;
  parts->log = std::make_unique<Logger>(clock == nullptr ? parts->machine_clock : *clock, *parts->sink,
                                        level_of(parts->config.log_level),
                                        stderr_is_terminal() ? LogFormat::Logfmt : LogFormat::Json);
  std::unique_ptr<Wiring> wiring(new Wiring(std::move(parts)));
  SEALPOST_TRY_VOID(wiring->open());
  SEALPOST_TRY_VOID(wiring->build_delivery());
  wiring->build_operations();
  wiring->build_arrivals();
  wiring->build_api();
  SEALPOST_TRY_VOID(wiring->listen());
  wiring->tell_openings();
  wiring->add_chores();
  return wiring;
}

Result<void, std::string> Wiring::open() {
  Parts& p = *parts_;
  SEALPOST_TRY(p.core, Core::open(p.config, Core::Mode::Open, p.clock));
  Core& core = *p.core;
  p.started_at = core.clock.wall_now();
  if (!core.vault->ensure_data_keys(p.started_at))
    return fail(std::string("Today's data keys can't be made."));

  p.directory = std::make_unique<Directory>(Directory::Parts{.store = *core.store,
                                                             .vault = *core.vault,
                                                             .audit = *core.audit,
                                                             .ids = *core.ids,
                                                             .clock = core.clock,
                                                             .log = *p.log});
  if (!p.directory->load()) return fail(std::string("The directory of parties can't be read."));
  p.gate = std::make_unique<AuthorizationGate>(*core.ids);
  p.tokens = std::make_unique<AccessTokens>(*core.vault, p.denied);
  p.ledger = std::make_unique<RefusalLedger>(RefusalLedger::Parts{
      .store = *core.store, .audit = *core.audit, .ids = *core.ids, .clock = core.clock, .log = *p.log});
  p.pool = std::make_unique<ThreadPool>(kPoolThreads, kPoolQueue);
  core.store->set_log_listener(
      [&p](std::span<const OrganizationId> logs) { p.core->audit->logs_grew(logs); });
  return {};
}

Result<void, std::string> Wiring::build_delivery() {
  Parts& p = *parts_;
  Core& core = *p.core;
  p.egress = std::make_unique<EgressPolicies>(*core.ids, interface_addresses());
  static_cast<void>(p.egress->replace(p.config.egress, {}));

  HttpSenderOptions sending;
  sending.user_agent = "Sealpost/" + p.version;
  sending.outlet = outlet_of(p.config.egress);
  auto sender = CurlHttpSender::create(std::move(sending), core.clock);
  if (!sender) return fail(std::string("Sending can't start: check `egress.ca_file`."));
  p.sender = *std::move(sender);
  p.delivery = std::make_unique<DeliveryEngine>(
      DeliveryEngine::Parts{
          .store = *core.store,
          .vault = *core.vault,
          .audit = *core.audit,
          .ids = *core.ids,
          .sender = *p.sender,
          .clock = core.clock,
          .entropy = core.entropy,
          .log = *p.log,
          .picture = [&p] { return p.directory->picture(); },
          .egress_policy = [&p](const Tenancy& tenancy) { return p.egress->policy_of(tenancy); },
          .disable_endpoint = [this](
                                  const Tenancy& tenancy, EndpointId endpoint,
                                  std::string_view reason) { disable_endpoint(tenancy, endpoint, reason); }},
      DeliveryOptions{.user_agent = "Sealpost/" + p.version});
  return {};
}

void Wiring::build_operations() {
  Parts& p = *parts_;
  Core& core = *p.core;
  p.operations = std::make_unique<Operations>(Operations::Parts{
      .directory = *p.directory,
      .store = *core.store,
      .vault = *core.vault,
      .audit = *core.audit,
      .ids = *core.ids,
      .gate = *p.gate,
      .tokens = *p.tokens,
      .clock = core.clock,
      .entropy = core.entropy,
      .judge_endpoint = [&p](const Tenancy& tenancy, std::string_view url) -> std::optional<EgressRefusal> {
        const auto judged = p.egress->policy_of(tenancy)->judge_url(url);
        return judged ? std::nullopt : std::optional(judged.error());
      },
      .hooks = {.node = core.installation.id.substr(0, 8),
                .abort_sends =
                    [&p](const EndedAccess& ended) {
                      return p.delivery->access_ended_and_wait(ended.tenancy.organization,
                                                               kRevocationPatience);
                    }},
      .rates = rates_of(p.config.limits),
      .erasure = terms_of(p.config.limits),
      .openings = [&p](const Tenancy& tenancy) { return p.egress->openings_of(tenancy); }});
  p.history = std::make_unique<MessageHistory>(*p.operations);
}

void Wiring::build_arrivals() {
  Parts& p = *parts_;
  Core& core = *p.core;
  p.acceptance = std::make_unique<Acceptance>(Acceptance::Parts{.store = *core.store,
                                                                .vault = *core.vault,
                                                                .audit = *core.audit,
                                                                .directory = *p.directory,
                                                                .gate = *p.gate,
                                                                .ids = *core.ids,
                                                                .ledger = *p.ledger,
                                                                .pool = *p.pool,
                                                                .clock = core.clock,
                                                                .entropy = core.entropy},
                                              rates_of(p.config.limits));
  p.minting = std::make_unique<TokenMinting>(TokenMinting::Parts{.directory = *p.directory,
                                                                 .store = *core.store,
                                                                 .vault = *core.vault,
                                                                 .audit = *core.audit,
                                                                 .ids = *core.ids,
                                                                 .gate = *p.gate,
                                                                 .tokens = *p.tokens,
                                                                 .clock = core.clock,
                                                                 .entropy = core.entropy,
                                                                 .log = *p.log,
                                                                 .refusals = *p.ledger});
  p.inlet = std::make_unique<WebhookInlet>(WebhookInlet::Parts{.acceptance = *p.acceptance,
                                                               .directory = *p.directory,
                                                               .audit = *core.audit,
                                                               .ids = *core.ids,
                                                               .pool = *p.pool,
                                                               .clock = core.clock});
}

void Wiring::build_api() {
  Parts& p = *parts_;
  ApiOptions options{.operator_uids = p.config.operators.uids, .status = {}, .readiness = {}};
  options.status = [&p] {
    const Store::Metrics store = p.core->store->metrics();
    return GatewayStatus{.version = p.version,
                         .installation_id = p.core->installation.id,
                         .generation = p.core->installation.generation,
                         .node = p.core->installation.id.substr(0, 8),
                         .started_at = p.started_at,
                         .state = p.draining          ? "draining"
                                  : store.write_error ? "store_failed"
                                                      : "ready",
                         .sqlite_version = store_library_version(),
                         .queued_deliveries = p.delivery->metrics().held,
                         .wal_bytes = store.wal_pages * 4096};
  };
  options.readiness = [&p] {
    return std::vector<ReadinessCheck>{
        {"store", !p.core->store->metrics().write_error}, {"keys", true}, {"listeners", !p.draining}};
  };
  p.api = std::make_unique<RestApi>(RestApi::Parts{.operations = *p.operations,
                                                   .history = *p.history,
                                                   .acceptance = *p.acceptance,
                                                   .minting = *p.minting,
                                                   .inlet = *p.inlet,
                                                   .pool = *p.pool,
                                                   .positions = p.core->store->positions(),
                                                   .log = *p.log,
                                                   .refusals = *p.ledger},
                                    std::move(options));
}

Result<void, std::string> Wiring::listen() {
  Parts& p = *parts_;
  Core& core = *p.core;
  const ServerSettings& settings = p.config.server;
  HttpServerOptions options;
  HttpListener tcp{
      .kind = settings.tls_certificate.empty() ? HttpListener::Kind::PlainTcp : HttpListener::Kind::TlsTcp,
      .address = settings.listen.address,
      .port = settings.listen.port};
  tcp.certificate = settings.tls_certificate;
  tcp.private_key = settings.tls_key;
  HttpListener local{.kind = HttpListener::Kind::Unix};
  local.socket_path = p.config.operators.socket;
  options.listeners = {std::move(tcp), std::move(local)};
  options.threads = settings.threads;
  options.limits.connections = settings.max_connections;
  options.allowed_hosts = settings.allowed_hosts;
  options.trusted_proxies = NetworkSet(settings.trusted_proxies);

  p.delivery->start();
  auto server = HttpServer::start(std::move(options), *p.api, core.clock, core.entropy);
  if (!server) return fail(server.error().detail);
  p.server = *std::move(server);
  std::vector<SocketAddress> own{{settings.listen.address, p.server->port(0)}};
  if (p.config.metrics.listen) {
    p.metrics = std::make_unique<MetricsHandler>(gateway_metrics({.server = *p.server,
                                                                  .store = *core.store,
                                                                  .delivery = *p.delivery,
                                                                  .ledger = *p.ledger,
                                                                  .sender = *p.sender,
                                                                  .directory = *p.directory}));
    HttpServerOptions scraping;
    scraping.listeners = {HttpListener{.kind = HttpListener::Kind::PlainTcp,
                                       .address = p.config.metrics.listen->address,
                                       .port = p.config.metrics.listen->port}};
    scraping.limits.connections = 64;
    auto metrics_server = HttpServer::start(std::move(scraping), *p.metrics, core.clock, core.entropy);
    if (!metrics_server) return fail(metrics_server.error().detail);
    p.metrics_server = *std::move(metrics_server);
    own.push_back({p.config.metrics.listen->address, p.metrics_server->port(0)});
  }
  for (const std::string& unknown : p.egress->replace(p.config.egress, std::move(own)))
    p.log->warn("egress_opening_ignored",
                {{"organization", unknown}, {"reason", "no organization of this installation"}});
  return {};
}

void Wiring::tell_openings() {
  Parts& p = *parts_;
  const std::scoped_lock one_at_a_time(p.telling_openings);
  p.openings_told = false;
  const auto told = record_openings(*p.operations, SystemCall(SystemCallKey(), "configuration"));
  if (!told) return p.log->error("egress_openings_not_recorded", {});
  p.openings_told = true;
  if (*told > 0) p.log->info("egress_openings_recorded", {{"organizations", *told}});
}

void Wiring::add_chores() {
  Parts& p = *parts_;
  p.upkeep = std::make_unique<Upkeep>(p.core->clock, *p.log);
  p.upkeep->add({.name = "sign_checkpoints",
                 .period = Milliseconds(1'000),
                 .trust = ChoreTrust::AnyClock,
                 .run = [&p](const std::stop_token&) {
                   p.core->audit->sign_grown();
                   return ChoreOutcome::Done;
                 }});
  p.upkeep->add({.name = "flush_refusals",
                 .period = Milliseconds(1'000),
                 .trust = ChoreTrust::AnyClock,
                 .run = [&p](const std::stop_token&) {
                   p.ledger->flush();
                   p.denied.drop_expired(p.core->clock.wall_now());
                   return ChoreOutcome::Done;
                 }});
  p.upkeep->add({.name = "refresh_keys",
                 .period = Milliseconds(1'000),
                 .trust = ChoreTrust::AnyClock,
                 .run = [&p](const std::stop_token&) {
                   p.directory->refresh(p.core->clock.wall_now());
                   return ChoreOutcome::Done;
                 }});
  p.upkeep->add({.name = "make_data_keys",
                 .period = std::chrono::minutes(10),
                 .trust = ChoreTrust::AnyClock,
                 .run = [&p](const std::stop_token&) {
                   if (!p.core->vault->ensure_data_keys(p.core->clock.wall_now()))
                     p.log->error("data_keys_not_made", {});
                   return ChoreOutcome::Done;
                 }});
  // What a failing store did not take at the start or at a reload.
  p.upkeep->add({.name = "tell_openings",
                 .period = Milliseconds(30'000),
                 .trust = ChoreTrust::AnyClock,
                 .run = [this, &p](const std::stop_token&) {
                   if (!p.openings_told) tell_openings();
                   return ChoreOutcome::Done;
                 }});
  // A gateway that is not ready gets no calls, so nobody's write would show that the store writes again.
  p.upkeep->add({.name = "try_store",
                 .period = Milliseconds(1'000),
                 .trust = ChoreTrust::AnyClock,
                 .run = [&p](const std::stop_token&) {
                   if (!p.core->store->metrics().write_error) return ChoreOutcome::Done;
                   const auto written = p.core->store->transact_and_wait([](Transaction& transaction) {
                     return transaction.set_setting("last_write_trial", "made");
                   });
                   if (written) p.log->info("store_writes_again", {});
                   return ChoreOutcome::Done;
                 }});
  p.upkeep->add({.name = "purge",
                 .period = Milliseconds(1'000),
                 .trust = ChoreTrust::SettledClock,
                 .run = [&p](const std::stop_token&) {
                   Store::PurgeTerms terms = terms_of(p.config.limits);
                   terms.now = p.core->clock.wall_now();
                   if (may_need_claims(*p.directory->picture()->directory))
                     terms.claims_needed = [&p](Position owner, WallTime made_by) {
                       return are_claims_needed(*p.directory->picture()->directory, owner, made_by);
                     };
                   const auto more = p.core->store->purge_step(terms);
                   return more && *more ? ChoreOutcome::More : ChoreOutcome::Done;
                 }});
  p.upkeep->start();
}

void Wiring::disable_endpoint(const Tenancy& tenancy, EndpointId endpoint, std::string_view reason) {
  const SystemCall call(SystemCallKey(), "delivery");
  const auto ended = end_access(*parts_->operations, call,
                                {.kind = AccessEndKind::DisableEndpoint,
                                 .tenancy = tenancy,
                                 .what = endpoint.position,
                                 .reason = std::string(reason),
                                 .compromised_since = {},
                                 .if_version = {},
                                 .once = {}});
  if (!ended)
    parts_->log->error("endpoint_not_disabled", {{"endpoint", parts_->core->ids->encode(endpoint)}});
}

void Wiring::reload(const Config& config) {
  Parts& p = *parts_;
  std::vector<SocketAddress> own{{p.config.server.listen.address, p.server->port(0)}};
  if (p.metrics_server) own.push_back({p.config.metrics.listen->address, p.metrics_server->port(0)});
  // Before the policies, whose new version makes every later request take the new way out.
  if (!p.sender->replace_outlet(outlet_of(config.egress)))
    p.log->error("egress_outlet_not_reloaded", {{"ca_file", config.egress.ca_file.string()}});
  for (const std::string& unknown : p.egress->replace(config.egress, std::move(own)))
    p.log->warn("egress_opening_ignored",
                {{"organization", unknown}, {"reason", "no organization of this installation"}});
  tell_openings();
  if (const auto reloaded = p.server->reload_tls(); !reloaded)
    p.log->error("tls_not_reloaded", {{"detail", reloaded.error().detail}});
  p.log->info("reloaded", {});
}

void Wiring::wake_chores_for_test() { parts_->upkeep->wake_all(); }

std::size_t Wiring::finish() {
  Parts& p = *parts_;
  if (p.finished) return 0;
  p.finished = true;
  p.draining = true;
  const Milliseconds patience = Seconds(p.config.server.drain_seconds);
  std::size_t cut = 0;
  if (p.server) cut = p.server->drain(p.core->clock.steady_now() + patience);
  if (p.delivery) {
    p.delivery->drain(patience);
    p.delivery->stop();
  }
  if (p.upkeep) p.upkeep->stop();
  if (p.sender) p.sender->stop();
  if (p.pool) p.pool->stop();
  if (p.ledger) p.ledger->flush(true);
  if (p.core) p.core->audit->sign_grown();
  if (p.metrics_server) p.metrics_server->stop();
  if (p.core) p.core->store->close();
  return cut;
}

}  // namespace sealpost
