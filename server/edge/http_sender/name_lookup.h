// Names to addresses, off the sender's thread. Answers are kept for a short, fixed time (the system's
// resolver tells no lifetime), in a bounded cache; equal names in flight are asked once; one organization can
// occupy only some of the threads, so that its hanging name servers do not stop the others. Nothing is judged
// here: the caller judges every address on every use, from the cache or not.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "domain/model/tenancy.h"
#include "foundation/http_types/ip_address.h"
#include "foundation/result/result.h"
#include "foundation/system/clock.h"

namespace sealpost {

enum class LookupError : std::uint8_t {
  NotFound,
  Unavailable,  // the resolver failed, or too many names are waiting
};
using LookupAnswer = Result<std::vector<IpAddress>, LookupError>;
// Asks once; may block. Called from several threads.
using LookupFunction = std::function<LookupAnswer(const std::string& host)>;

// getaddrinfo(3), TCP, no canonical names.
[[nodiscard]] LookupAnswer system_lookup(const std::string& host);

// Internally synchronised.
class NameLookup final {
 public:
  struct Options {
    LookupFunction lookup = system_lookup;
    unsigned threads = 4;
    unsigned threads_per_organization = 2;
    std::size_t max_waiting = 1024;
    std::size_t max_cached = 4096;
    Seconds keep_found{30};
    Seconds keep_failed{3};
  };
  // Runs on a thread of this object, once for each question asked.
  using OnAnswer = std::function<void(const std::string& host, const LookupAnswer& answer)>;
  NameLookup(Options options, const Clock& clock, OnAnswer on_answer);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // The answer if it is known and fresh. Else starts to ask, if nobody has, and returns nothing: on_answer
  // follows.
  [[nodiscard]] std::optional<LookupAnswer> find(const std::string& host, OrganizationId organization);

 private:
  struct Job {
    std::string host;
    OrganizationId organization;
  };
  struct Known {
    LookupAnswer answer;
    SteadyTime until;
  };
  void run();
  [[nodiscard]] bool take_job(Job& job);
  void store(const std::string& host, const LookupAnswer& answer);

  const Options options_;
  const Clock& clock_;
  const OnAnswer on_answer_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<Job> waiting_;
  std::unordered_map<std::string, bool> pending_;
  std::unordered_map<std::uint64_t, unsigned> running_;
  std::unordered_map<std::string, Known> cache_;
  std::vector<std::jthread> threads_;
};

}  // namespace sealpost
