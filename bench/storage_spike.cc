// Measures the storage engine alone, in steady state: commands of the message path at a fixed number in
// flight, with finishing and purging on, into an empty store or one that was filled before. Prints the
// machine's fdatasync time beside the rates, counts afterwards what it wrote, and exits non-zero when the
// counts disagree.
//
//   storage_spike --path DIR [--in-flight 64] [--seconds 10] [--fill 0] [--page 4096] [--no-finish]
//   [--no-purge]
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "storage/store_sqlite/sqlite_store.h"

namespace sealpost {
namespace {

struct Arguments {
  std::filesystem::path path;
  std::uint32_t in_flight = 64;
  std::uint32_t seconds = 10;
  std::uint64_t fill = 0;
  std::uint32_t page = 4'096;
  std::uint32_t slice = 65'536;
  std::uint32_t checkpoint = 2'000;
  bool finish = true;
  bool purge = true;
};

constexpr Tenancy kTenancy{{1'000}, Environment::Live};
constexpr Position kIntegration = 1'001;
constexpr Position kEndpoint = 1'002;
constexpr Position kSource = 1'003;

double fdatasync_ms(const std::filesystem::path& directory) {
  const auto path = directory / "sync.probe";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  std::vector<char> block(65'536, 'x');
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    if (::pwrite(fd, block.data(), block.size(), i % 50 * 65'536) < 0) break;
    const auto before = std::chrono::steady_clock::now();
    ::fdatasync(fd);
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
  }
  ::close(fd);
  std::filesystem::remove(path);
  std::sort(times.begin(), times.end());
  return times.empty() ? 0 : times[times.size() / 2];
}

AuditDraft draft() {
  AuditDraft out;
  out.log = kTenancy.organization;
  out.leaf_template =
      R"({"v":1,"log":"o2f7c1a9be03d4","class":"message.accepted","retention":"standard","time":1800000000000,)"
      R"("root":"q6Zb8l0bq6Zb8l0bq6Zb8l0bq6Zb8l0bq6Zb8l0bq6Y=","keys":["k2026-11-22.a","k2026-11-22.b"],"seq":)";
  out.body.assign(900, 0x5a);
  return out;
}

class Load final {
 public:
  Load(SqliteStore& store, const Clock& clock, Entropy& entropy, const Arguments& arguments)
      : store_(store), clock_(clock), entropy_(entropy), arguments_(arguments) {
    store_.set_hand_over({.room = [] { return 1'000'000U; },
                          .take = [this](std::vector<LeasedDelivery> leased) { take(std::move(leased)); },
                          .wake = [] {}});
  }

  // Keeps `in_flight` messages waiting until `most` are accepted or the time is over.
  double run(std::uint64_t most, std::chrono::seconds time) {
    latencies_.clear();
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t goal = accepted_ + most;
    std::unique_lock lock(mutex_);
    while (accepted_ < goal && std::chrono::steady_clock::now() - begin < time) {
      if (flying_ >= arguments_.in_flight) {
        freed_.wait(lock);
        continue;
      }
      const std::uint32_t room = arguments_.in_flight - flying_;
      flying_ += room;
      lock.unlock();
      for (std::uint32_t i = 0; i < room; ++i) send();
      lock.lock();
    }
    freed_.wait(lock, [&] { return flying_ == 0 && finishing_ == 0; });
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  // Processor time of the store's writer thread so far.
  [[nodiscard]] double writer_seconds() const { return writer_seconds_; }
  [[nodiscard]] std::uint64_t finished() const { return finished_; }
  [[nodiscard]] double latency_ms(double quantile) {
    if (latencies_.empty()) return 0;
    std::sort(latencies_.begin(), latencies_.end());
    return latencies_[static_cast<std::size_t>(quantile * static_cast<double>(latencies_.size() - 1))];
  }

 private:
  void send() {
    AcceptMessage message;
    const Position first = store_.positions().draw(2);
    message.tenancy = kTenancy;
    message.message = {first};
    message.integration = {kIntegration};
    message.source = kSource;
    message.accepted_at = clock_.wall_now();
    Claim claim;
    claim.owner = kSource;
    claim.key = entropy_.array<16>();
    claim.signed_ms = to_unix_ms(message.accepted_at);
    claim.keep_until = message.accepted_at + std::chrono::hours(7 * 24);
    message.claims.push_back(claim);
    message.event_type = "order.created";
    message.event_id = "evt_01HF8Y5Z6W0R2N3K4M5P6Q7S8T";
    message.payload_size = 1'024;
    message.content_type = "application/json";
    message.summary = R"({"type":"order.created","id":"12345","total":"[kept]","customer":"[masked]"})";
    message.facts =
        R"({"scheme":"standard-v1","status":"valid","key":"key_01","grant":"grt_01","grant_version":3,"policy":"built-in",)"
        R"("policy_version":1,"request":"req_01HF8Y5Z6W0R2N3K4M5P6Q7S8T","actor":"source","address":"203.0.113.7"})";
    message.sealed_payload.assign(1'024 + 44, 0xa5);
    message.deliveries.push_back({first + 1, TargetKind::Endpoint, kEndpoint});
    message.audit = draft();
    std::vector<AcceptMessage> one;
    one.push_back(std::move(message));
    const auto begin = std::chrono::steady_clock::now();
    const bool queued =
        store_.accept_messages(std::move(one), [this, begin](std::vector<AcceptOutcome> outcomes) {
          const double took =
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
          const std::scoped_lock lock(mutex_);
          if (outcomes.front().status == AcceptStatus::Accepted) ++accepted_;
          latencies_.push_back(took);
          if (--flying_ * 2 <= arguments_.in_flight) freed_.notify_one();
        });
    if (!queued) {
      const std::scoped_lock lock(mutex_);
      --flying_;
    }
  }

  void take(std::vector<LeasedDelivery> leased) {
    timespec spent{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    writer_seconds_ = static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
    if (!arguments_.finish) return;
    std::vector<FinishAttempt> attempts;
    for (const LeasedDelivery& delivery : leased) {
      FinishAttempt attempt;
      attempt.delivery = delivery.delivery;
      attempt.message = delivery.message;
      attempt.tenancy = delivery.tenancy;
      attempt.target = delivery.target;
      attempt.lease = delivery.lease;
      attempt.number = 1;
      attempt.started_at = attempt.ended_at = clock_.wall_now();
      attempt.result = "delivered";
      attempt.http_status = 200;
      attempt.facts = R"({"key":"key_02","address":"198.51.100.9","ms":12,"excerpt":""})";
      attempt.audit = draft();
      attempts.push_back(std::move(attempt));
    }
    {
      const std::scoped_lock lock(mutex_);
      ++finishing_;
    }
    const bool queued =
        store_.finish_attempts(std::move(attempts), [this](std::vector<FinishOutcome> outcomes) {
          const std::scoped_lock lock(mutex_);
          for (const FinishOutcome& outcome : outcomes)
            if (outcome.status == FinishStatus::Finished) ++finished_;
          --finishing_;
          freed_.notify_one();
        });
    if (!queued) {
      const std::scoped_lock lock(mutex_);
      --finishing_;
    }
  }

  SqliteStore& store_;
  const Clock& clock_;
  Entropy& entropy_;
  const Arguments& arguments_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::uint32_t flying_ = 0;
  std::uint32_t finishing_ = 0;
  std::atomic<std::uint64_t> accepted_ = 0;
  std::atomic<std::uint64_t> finished_ = 0;
  std::vector<double> latencies_;
  std::atomic<double> writer_seconds_ = 0;
};

StoreResult<void> make_parties(SqliteStore& store, WallTime now) {
  return store.transact_and_wait([now](Transaction& transaction) -> StoreResult<void> {
    for (const auto& [position, kind] :
         {std::pair{kIntegration, EntityKind::Integration}, std::pair{kEndpoint, EntityKind::Endpoint},
          std::pair{kSource, EntityKind::Source}}) {
      ObjectRow row;
      row.kind = kind;
      row.head.position = position;
      row.head.tenancy = kTenancy;
      row.head.created_at = row.head.updated_at = now;
      row.body = "{}";
      SEALPOST_TRY_VOID(transaction.insert_object(row));
    }
    return {};
  });
}

bool parse(int count, char** words, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string_view name = words[i];
    if (name == "--no-finish") {
      out.finish = false;
    } else if (name == "--no-purge") {
      out.purge = false;
    } else if (++i == count) {
      return false;
    } else if (name == "--path") {
      out.path = words[i];
    } else {
      const auto value = std::strtoull(words[i], nullptr, 10);
      if (name == "--in-flight") out.in_flight = static_cast<std::uint32_t>(value);
      if (name == "--seconds") out.seconds = static_cast<std::uint32_t>(value);
      if (name == "--fill") out.fill = value;
      if (name == "--page") out.page = static_cast<std::uint32_t>(value);
      if (name == "--slice") out.slice = static_cast<std::uint32_t>(value);
      if (name == "--checkpoint") out.checkpoint = static_cast<std::uint32_t>(value);
    }
  }
  return !out.path.empty();
}

int measure(const Arguments& arguments) {
  const SystemClock clock;
  SystemEntropy entropy;
  std::filesystem::create_directories(arguments.path);
  SqliteOptions options;
  options.work_row_key = key_that_everybody_knows;
  options.path = arguments.path / "spike.db";
  options.page_size = arguments.page;
  options.claims_per_slice = arguments.slice;
  options.checkpoint_pages = arguments.checkpoint;
  options.read_limit = std::chrono::minutes(5);
  const double sync = fdatasync_ms(arguments.path);
  auto opened = SqliteStore::open(options, clock, entropy);
  if (!opened.ok()) return fmt::print(stderr, "open failed: {}\n", static_cast<int>(opened.error())), 1;
  SqliteStore& store = **opened;
  if (!make_parties(store, clock.wall_now()).ok()) return fmt::print(stderr, "parties exist already\n"), 1;
  Load load(store, clock, entropy, arguments);
  std::jthread purger([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Store::PurgeTerms terms;
      terms.now = clock.wall_now() - Milliseconds(500);
      const auto more = arguments.purge ? store.purge_step(terms) : StoreResult<bool>(false);
      if (!more.ok() || !*more) std::this_thread::sleep_for(Milliseconds(20));
    }
  });
  if (arguments.fill > 0) load.run(arguments.fill, std::chrono::hours(1));
  load.run(20'000, std::chrono::seconds(2));
  const std::uint64_t before = load.accepted();
  const auto metrics_before = store.metrics();
  const double writer_before = load.writer_seconds();
  const double took = load.run(~std::uint64_t{0} / 2, std::chrono::seconds(arguments.seconds));
  const auto metrics = store.metrics();
  const double rate = static_cast<double>(load.accepted() - before) / took;
  const double batches = static_cast<double>(metrics.batches - metrics_before.batches);
  purger.request_stop();
  purger.join();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto messages = static_cast<double>(load.accepted() - before);
  fmt::print(
      "in flight {:5}  before {:8}  accepted/s {:8.0f}  p50 {:6.2f} ms  p99 {:6.2f} ms  batch {:6.1f}  "
      "commit {:5.2f} ms  "
      "bytes/message {:6.0f}  writer {:5.1f} us/message  fdatasync {:.3f} ms  rss {} MiB\n",
      arguments.in_flight, before, rate, load.latency_ms(0.5), load.latency_ms(0.99), messages / batches,
      static_cast<double>(metrics.sync_ns - metrics_before.sync_ns) / batches / 1e6,
      static_cast<double>(metrics.bytes_written - metrics_before.bytes_written) / messages,
      (load.writer_seconds() - writer_before) / messages * 1e6, sync, usage.ru_maxrss / 1024);
  Reader::Counts counts;
  const auto read = store.read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(counts, reader.counts());
    return {};
  });
  const bool good = read.ok() && counts.messages == load.accepted() && counts.deliveries == load.accepted() &&
                    counts.claims == load.accepted() &&
                    counts.audit_rows == load.accepted() + load.finished();
  fmt::print("wrote {} messages, {} deliveries, {} claims, {} audit records, {} payloads left: {}\n",
             counts.messages, counts.deliveries, counts.claims, counts.audit_rows, counts.payloads,
             good ? "as counted" : "NOT as counted");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace sealpost

int main(int count, char** words) {
  sealpost::Arguments arguments;
  if (!sealpost::parse(count, words, arguments)) {
    fmt::print(stderr,
               "storage_spike --path DIR [--in-flight N] [--seconds N] [--fill N] [--page N] [--slice N]"
               " [--checkpoint N] [--no-finish] [--no-purge]\n");
    return 2;
  }
  return sealpost::measure(arguments);
}
