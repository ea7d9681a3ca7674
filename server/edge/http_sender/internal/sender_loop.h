// The sender's thread: takes submissions in turns by organization, judges them, looks names up, runs
// transfers, completes. submit(), abort(), abort_organization(), replace_outlet(), stats() are for any
// thread; everything else happens on the loop's own.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/internal/connection_pool.h"
#include "edge/http_sender/internal/turn_queue.h"

namespace sealpost {

class SenderLoop final {
 public:
  SenderLoop(HttpSenderOptions options, const Clock& clock, std::unique_ptr<SocketWatch> sockets,
             OutletPtr outlet);
  ~SenderLoop();
  SenderLoop(const SenderLoop&) = delete;
  SenderLoop& operator=(const SenderLoop&) = delete;

  Result<void, SubmitError> submit(OutboundRequest&& request, HttpSender::Completion done);
  void abort(const Tenancy& tenancy, SendTag tag);
  void abort_organization(OrganizationId organization, HttpSender::AbortReport report);
  void replace_outlet(OutletPtr outlet);
  void stop();
  [[nodiscard]] HttpSenderStats stats() const;

 private:
  // What an abort call asked for; `order` says which submissions came before it.
  struct AbortCall {
    std::uint64_t order = 0;
    OrganizationId organization;
    std::optional<Environment> environment;  // with a tag; else the whole organization
    SendTag tag = 0;
    HttpSender::AbortReport report;
    [[nodiscard]] bool covers(const Submission& submission) const;
  };
  struct Inbox {
    TurnQueue submissions;
    std::vector<AbortCall> aborts;
    std::vector<std::pair<std::string, LookupAnswer>> answers;
    bool startable = false;  // something came since the loop last looked
    bool stop = false;
  };
  // A request whose name is being looked up.
  struct Waiting {
    Submission work;
    JudgedTarget target;
    SteadyTime deadline;
  };

  void run();
  [[nodiscard]] bool read_inbox();
  [[nodiscard]] int milliseconds_to_sleep() const;
  void hold(const Submission& work);
  void begin(Submission&& work);
  void resolved(Waiting&& waiting, const LookupAnswer& answer);
  void start(Waiting&& waiting, std::vector<IpAddress>&& candidates);
  void launch(Transfer& transfer);
  ConnectionPool* pool_for(const OutboundRequest& request);
  void run_timers();
  void reap(ConnectionPool& pool);
  void finish(Transfer& transfer, CURLcode code);
  void complete(Submission& work, OutboundResult&& result);
  void complete_early(Submission& work, OutboundOutcome outcome, std::optional<EgressRefusal> refusal = {});
  void apply(AbortCall& call);
  void apply_answer(const std::string& host, const LookupAnswer& answer);
  void expire_waiting();
  void retire_pools();
  void abort_everything();
  [[nodiscard]] std::chrono::microseconds since(SteadyTime start) const;

  const HttpSenderOptions options_;
  const Clock& clock_;
  const std::unique_ptr<SocketWatch> sockets_;

  mutable std::mutex mutex_;  // guards the inbox, the outlet and the counters of order
  Inbox inbox_;
  OutletPtr outlet_;
  std::uint64_t next_order_ = 1;
  bool stopped_ = false;
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::size_t> pool_count_{0};

  // The loop's own.
  std::map<PoolKey, std::unique_ptr<ConnectionPool>> pools_;
  HeldPlaces held_;
  std::vector<Waiting> waiting_;
  std::vector<Transfer*> running_;
  SteadyTime next_retirement_;

  std::unique_ptr<NameLookup> names_;
  std::once_flag joined_;
  std::jthread thread_;
};

}  // namespace sealpost
