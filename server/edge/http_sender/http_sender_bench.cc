// How many requests a second one sender thread makes to a keep-alive sink in another process, the address
// judged on every request, connections pooled by organization. Arguments: requests in flight, organizations.
// `per_cpu_s` is requests per second of this process's processor time: what one core gives to the sender.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <future>
#include <mutex>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/testing/fast_sink.h"

namespace sealpost {
namespace {

constexpr std::uint64_t kRequests = 100'000;

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

FastSink& sink() {
  static FastSink the_sink;
  return the_sink;
}

// Keeps a number of requests in flight until all are answered. Submissions come from completions, so one
// thread does it all.
class Load {
 public:
  Load(CurlHttpSender& sender, std::vector<EgressPolicyPtr> policies)
      : sender_(sender),
        policies_(std::move(policies)),
        url_("http://127.0.0.1:" + std::to_string(sink().port()) + "/hook") {}
  std::uint64_t run(std::uint64_t in_flight) {
    for (std::uint64_t i = 0; i < in_flight; ++i) send_next();
    return finished_.get_future().get();
  }

 private:
  void send_next() {
    const std::uint64_t number = started_.fetch_add(1);
    if (number >= kRequests) return;
    OutboundRequest request;
    request.tag = number;
    request.policy = policies_[number % policies_.size()];
    request.url = url_;
    request.headers = {{"Content-Type", "application/json"},
                       {"webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"},
                       {"webhook-timestamp", "1674087231"},
                       {"webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="}};
    request.body.assign(1024, 'x');
    const auto taken = sender_.submit(std::move(request), [this](OutboundResult&& result) {
      if (result.http_status == 204) ++good_;
      if (++done_ == kRequests) return finished_.set_value(good_);
      send_next();
    });
    SEALPOST_CHECK(taken.ok());
  }
  CurlHttpSender& sender_;
  std::vector<EgressPolicyPtr> policies_;
  std::string url_;
  std::atomic<std::uint64_t> started_{0};
  std::uint64_t done_ = 0;
  std::uint64_t good_ = 0;
  std::promise<std::uint64_t> finished_;
};

void send_to_sink(benchmark::State& state) {
  const auto in_flight = static_cast<std::uint64_t>(state.range(0));
  const auto organizations = static_cast<std::uint64_t>(state.range(1));
  std::vector<EgressPolicyPtr> policies;
  const std::uint16_t port = sink().port();
  for (std::uint64_t i = 1; i <= organizations; ++i) {
    EgressPolicy::Settings settings;
    settings.tenancy = {OrganizationId{i}, Environment::Test};
    settings.plain_http = {{*IpAddress::parse("127.0.0.1"), port}};
    policies.push_back(std::make_shared<const EgressPolicy>(std::move(settings)));
  }
  SystemClock clock;
  auto sender = CurlHttpSender::create({}, clock);
  SEALPOST_CHECK(sender.ok());
  const std::uint64_t before = sink().requests();
  const double cpu_before = processor_seconds();
  for (auto _ : state) {
    Load load(**sender, policies);
    if (load.run(in_flight) != kRequests) state.SkipWithError("a request failed");
  }
  const double cpu = processor_seconds() - cpu_before;
  const double total = static_cast<double>(kRequests) * static_cast<double>(state.iterations());
  state.counters["requests_per_s"] = benchmark::Counter(total, benchmark::Counter::kIsRate);
  state.counters["per_cpu_s"] = total / cpu;
  state.counters["connections"] = static_cast<double>((*sender)->stats().connections_opened);
  state.counters["sink_counted"] = static_cast<double>(sink().requests() - before);
}
BENCHMARK(send_to_sink)
    ->Args({16, 1})
    ->Args({64, 1})
    ->Args({64, 16})
    ->Args({256, 1})
    ->Args({256, 16})
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sealpost
