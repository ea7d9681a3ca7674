#include "edge/http_sender/internal/sender_loop.h"

#include <algorithm>
#include <iterator>

#include "domain/policy/custom_header.h"
#include "edge/http_sender/internal/transfer_result.h"

namespace sealpost {
namespace {

// How often idle pools are looked for.
constexpr Milliseconds kRetirementPace{5'000};
// A name with hundreds of addresses must not buy hundreds of attempts.
constexpr std::size_t kMaxCandidates = 4;
// One organization holds no more than this part of the places.
constexpr std::size_t kShares = 4;

int to_sleep(SteadyTime now, SteadyTime until) {
  if (until <= now) return 0;
  const auto left = std::chrono::ceil<Milliseconds>(until - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, 60'000));
}

}  // namespace

bool SenderLoop::AbortCall::covers(const Submission& submission) const {
  if (submission.order >= order) return false;
  const Tenancy& tenancy = submission.request.policy->tenancy();
  if (tenancy.organization != organization) return false;
  return !environment || (*environment == tenancy.environment && tag == submission.request.tag);
}

SenderLoop::SenderLoop(HttpSenderOptions options, const Clock& clock, std::unique_ptr<SocketWatch> sockets,
                       OutletPtr outlet)
    : options_(std::move(options)),
      clock_(clock),
      sockets_(std::move(sockets)),
      outlet_(std::move(outlet)),
      held_(std::max<std::size_t>(options_.max_in_flight / kShares, 1)),
      next_retirement_(clock.steady_now() + kRetirementPace) {
  names_ = std::make_unique<NameLookup>(options_.names, clock_,
                                        [this](const std::string& host, const LookupAnswer& answer) {
                                          const std::scoped_lock lock(mutex_);
                                          inbox_.answers.emplace_back(host, answer);
                                          sockets_->wake();
                                        });
  thread_ = std::jthread([this] { run(); });
}

SenderLoop::~SenderLoop() { stop(); }

void SenderLoop::replace_outlet(OutletPtr outlet) {
  const std::scoped_lock lock(mutex_);
  outlet_ = std::move(outlet);
}

void SenderLoop::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    inbox_.stop = true;
  }
  sockets_->wake();
  std::call_once(joined_, [this] { thread_.join(); });
}

Result<void, SubmitError> SenderLoop::submit(OutboundRequest&& request, HttpSender::Completion done) {
  SEALPOST_CHECK(request.policy != nullptr && done != nullptr);
  const SteadyTime now = clock_.steady_now();
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    if (stopped_) return fail(SubmitError::Stopped);
    if (inbox_.submissions.size() >= options_.max_queued) return fail(SubmitError::QueueFull);
    // While the loop has some to start it is awake; what waits may all be of organizations without room.
    first = !inbox_.startable;
    inbox_.startable = true;
    inbox_.submissions.push({next_order_++, std::move(request), std::move(done), now});
  }
  if (first) sockets_->wake();
  return {};
}

void SenderLoop::abort(const Tenancy& tenancy, SendTag tag) {
  {
    const std::scoped_lock lock(mutex_);
    inbox_.aborts.push_back({next_order_++, tenancy.organization, tenancy.environment, tag, {}});
  }
  sockets_->wake();
}

void SenderLoop::abort_organization(OrganizationId organization, HttpSender::AbortReport report) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      inbox_.aborts.push_back({next_order_++, organization, {}, 0, std::move(report)});
      sockets_->wake();
      return;
    }
  }
  // A sender that was stopped has nothing in flight, and no thread to say so.
  if (report) report({});
}

HttpSenderStats SenderLoop::stats() const {
  HttpSenderStats stats;
  stats.completed = completed_.load(std::memory_order_relaxed);
  stats.connections_opened = sockets_->sockets_opened();
  stats.in_flight = in_flight_.load(std::memory_order_relaxed);
  stats.pools = pool_count_.load(std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  stats.queued = inbox_.submissions.size();
  return stats;
}

void SenderLoop::run() {
  while (read_inbox()) {
    for (const auto& event : sockets_->wait(milliseconds_to_sleep())) {
      event.pool->on_socket(event.socket, event.events);
      reap(*event.pool);
    }
    run_timers();
    expire_waiting();
    retire_pools();
  }
  abort_everything();
}

// Starts what there is room for. False: the end.
bool SenderLoop::read_inbox() {
  std::vector<Submission> begun;
  std::vector<AbortCall> aborts;
  std::vector<std::pair<std::string, LookupAnswer>> answers;
  {
    const std::scoped_lock lock(mutex_);
    if (inbox_.stop) return false;
    const std::size_t busy = in_flight_.load(std::memory_order_relaxed);
    const std::size_t room = options_.max_in_flight - std::min(options_.max_in_flight, busy);
    inbox_.startable = false;
    while (begun.size() < room) {
      auto work = inbox_.submissions.pop(held_);
      if (!work) break;
      hold(*work);
      begun.push_back(*std::move(work));
    }
    aborts.swap(inbox_.aborts);
    answers.swap(inbox_.answers);
  }
  for (auto& work : begun) begin(std::move(work));
  for (auto& call : aborts) apply(call);
  for (auto& [host, answer] : answers) apply_answer(host, answer);
  return true;
}

int SenderLoop::milliseconds_to_sleep() const {
  {
    const std::scoped_lock lock(mutex_);
    const bool room = in_flight_.load(std::memory_order_relaxed) < options_.max_in_flight;
    if (room && inbox_.submissions.ready(held_)) return 0;
  }
  SteadyTime until = pools_.empty() ? clock_.steady_now() + std::chrono::minutes(1) : next_retirement_;
  for (const auto& [key, pool] : pools_)
    if (pool->timer()) until = std::min(until, *pool->timer());
  for (const auto& waiting : waiting_) until = std::min(until, waiting.deadline);
  return to_sleep(clock_.steady_now(), until);
}

void SenderLoop::hold(const Submission& work) {
  held_.take(work.request.policy->tenancy().organization);
  in_flight_.fetch_add(1, std::memory_order_relaxed);
}

void SenderLoop::begin(Submission&& work) {
  const OutboundRequest& request = work.request;
  auto target = request.policy->judge_url(request.url);
  if (!target) return complete_early(work, OutboundOutcome::Refused, target.error());
  const bool headers_ok = std::ranges::all_of(
      request.headers, [](const OutboundHeader& h) { return judge_own_header(h.name, h.value).ok(); });
  const auto known = [&](const ClientIdentity& identity) { return identity.id == request.client_identity; };
  if (!headers_ok ||
      (request.client_identity != 0 && std::ranges::none_of(options_.client_identities, known)))
    return complete_early(work, OutboundOutcome::Invalid);

  const SteadyTime deadline = work.submitted + request.timeout;
  Waiting waiting{std::move(work), *std::move(target), deadline};
  if (waiting.target.literal) {
    std::vector<IpAddress> only{*waiting.target.literal};
    return start(std::move(waiting), std::move(only));
  }
  const auto organization = waiting.work.request.policy->tenancy().organization;
  if (auto answer = names_->find(waiting.target.host, organization))
    return resolved(std::move(waiting), *answer);
  waiting_.push_back(std::move(waiting));
}

void SenderLoop::apply_answer(const std::string& host, const LookupAnswer& answer) {
  std::vector<Waiting> ready;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->target.host != host) {
      ++it;
      continue;
    }
    ready.push_back(std::move(*it));
    it = waiting_.erase(it);
  }
  for (auto& waiting : ready) resolved(std::move(waiting), answer);
}

// One forbidden address spoils the name: whoever mixes public and private answers hopes that we try both.
void SenderLoop::resolved(Waiting&& waiting, const LookupAnswer& answer) {
  if (!answer || answer->empty()) return complete_early(waiting.work, OutboundOutcome::Dns);
  for (const auto& address : *answer) {
    const auto judged = waiting.work.request.policy->judge_address(waiting.target, address);
    if (!judged) return complete_early(waiting.work, OutboundOutcome::Refused, judged.error());
  }
  std::vector<IpAddress> candidates(answer->begin(), answer->begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                           answer->size(), kMaxCandidates)));
  start(std::move(waiting), std::move(candidates));
}

void SenderLoop::start(Waiting&& waiting, std::vector<IpAddress>&& candidates) {
  ConnectionPool* pool = pool_for(waiting.work.request);
  Transfer* transfer = pool == nullptr ? nullptr : pool->take();
  if (transfer == nullptr) return complete_early(waiting.work, OutboundOutcome::Connect);
  transfer->work = std::move(waiting.work);
  transfer->target = std::move(waiting.target);
  transfer->candidates = std::move(candidates);
  transfer->next_candidate = 0;
  transfer->timings = {};
  transfer->timings.resolved = since(transfer->work.submitted);
  running_.push_back(transfer);
  launch(*transfer);
}

void SenderLoop::launch(Transfer& transfer) {
  transfer.pinned = transfer.candidates[transfer.next_candidate++];
  const auto gone = clock_.steady_now() - transfer.work.submitted;
  const auto left = std::chrono::ceil<Milliseconds>(transfer.work.request.timeout - gone);
  if (left.count() <= 0) {
    transfer.reset_response();
    return finish(transfer, CURLE_OPERATION_TIMEDOUT);
  }
  if (!transfer.pool->start(transfer, left)) finish(transfer, CURLE_OUT_OF_MEMORY);
}

ConnectionPool* SenderLoop::pool_for(const OutboundRequest& request) {
  const PoolKey key{request.policy->tenancy(), request.policy->version(), request.client_identity};
  if (const auto it = pools_.find(key); it != pools_.end()) return it->second.get();
  if (pools_.size() >= options_.max_pools) {
    // Busy pools stay: their number is bounded by the transfers in flight.
    auto oldest = pools_.end();
    for (auto it = pools_.begin(); it != pools_.end(); ++it)
      if (it->second->busy() == 0 &&
          (oldest == pools_.end() || it->second->last_used() < oldest->second->last_used()))
        oldest = it;
    if (oldest != pools_.end()) pools_.erase(oldest);
  }
  const auto identity =
      std::ranges::find(options_.client_identities, request.client_identity, &ClientIdentity::id);
  OutletPtr outlet;
  {
    const std::scoped_lock lock(mutex_);
    outlet = outlet_;
  }
  auto pool = ConnectionPool::create(key, {options_, clock_, *sockets_, std::move(outlet)},
                                     identity == options_.client_identities.end() ? nullptr : &*identity);
  if (pool == nullptr) return nullptr;
  pool_count_.store(pools_.size() + 1, std::memory_order_relaxed);
  return pools_.emplace(key, std::move(pool)).first->second.get();
}

void SenderLoop::run_timers() {
  const SteadyTime now = clock_.steady_now();
  // Completions run inside and may not touch pools_: submissions and aborts only reach the inbox.
  for (auto& [key, pool] : pools_) {
    if (!pool->timer() || *pool->timer() > now) continue;
    pool->on_timer();
    reap(*pool);
  }
}

void SenderLoop::reap(ConnectionPool& pool) {
  CURLcode code = CURLE_OK;
  while (Transfer* transfer = pool.next_finished(code)) {
    const bool try_next = code == CURLE_COULDNT_CONNECT && !transfer->refusal && !transfer->request_sent &&
                          transfer->next_candidate < transfer->candidates.size();
    if (try_next) {
      launch(*transfer);
    } else {
      finish(*transfer, code);
    }
  }
}

void SenderLoop::finish(Transfer& transfer, CURLcode code) {
  OutboundResult result = result_of(transfer, code, clock_.wall_now());
  result.timings.total = since(transfer.work.submitted);
  std::erase(running_, &transfer);
  Submission work = std::move(transfer.work);
  transfer.pool->give_back(transfer);
  complete(work, std::move(result));
}

void SenderLoop::complete_early(Submission& work, OutboundOutcome outcome,
                                std::optional<EgressRefusal> refusal) {
  OutboundResult result;
  result.outcome = outcome;
  result.refusal = refusal;
  result.timings.total = since(work.submitted);
  complete(work, std::move(result));
}

void SenderLoop::complete(Submission& work, OutboundResult&& result) {
  result.tag = work.request.tag;
  result.tenancy = work.request.policy->tenancy();
  wipe(work.request);
  held_.give_back(result.tenancy.organization);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  completed_.fetch_add(1, std::memory_order_relaxed);
  work.done(std::move(result));
}

void SenderLoop::apply(AbortCall& call) {
  std::vector<Submission> queued;
  {
    const std::scoped_lock lock(mutex_);
    queued = inbox_.submissions.extract([&](const Submission& work) { return call.covers(work); });
  }
  for (const auto& work : queued) hold(work);
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (!call.covers(it->work)) {
      ++it;
      continue;
    }
    queued.push_back(std::move(it->work));
    it = waiting_.erase(it);
  }
  std::vector<Transfer*> sent;
  std::ranges::copy_if(running_, std::back_inserter(sent),
                       [&](const Transfer* t) { return call.covers(t->work); });

  std::vector<SendTag> tags;
  for (auto& work : queued) {
    tags.push_back(work.request.tag);
    complete_early(work, OutboundOutcome::Aborted);
  }
  for (Transfer* transfer : sent) {
    tags.push_back(transfer->work.request.tag);
    transfer->pool->halt(*transfer);
    transfer->denied = true;
    finish(*transfer, CURLE_ABORTED_BY_CALLBACK);
  }
  if (call.report) call.report(std::move(tags));
}

void SenderLoop::expire_waiting() {
  const SteadyTime now = clock_.steady_now();
  std::vector<Submission> late;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->deadline > now) {
      ++it;
      continue;
    }
    late.push_back(std::move(it->work));
    it = waiting_.erase(it);
  }
  for (auto& work : late) complete_early(work, OutboundOutcome::Timeout);
}

void SenderLoop::retire_pools() {
  const SteadyTime now = clock_.steady_now();
  if (now < next_retirement_) return;
  next_retirement_ = now + std::min(kRetirementPace, options_.idle_pool_lifetime);
  std::erase_if(pools_, [&](const auto& entry) {
    return entry.second->busy() == 0 && entry.second->last_used() + options_.idle_pool_lifetime <= now;
  });
  pool_count_.store(pools_.size(), std::memory_order_relaxed);
}

void SenderLoop::abort_everything() {
  Inbox rest;
  {
    const std::scoped_lock lock(mutex_);
    std::swap(rest, inbox_);
  }
  auto queued = rest.submissions.extract([](const Submission&) { return true; });
  for (const auto& work : queued) hold(work);
  // What a pending abort call asked for happens to everything now; its report still names its own.
  std::vector<std::vector<SendTag>> reports(rest.aborts.size());
  const auto note = [&](const Submission& work) {
    for (std::size_t i = 0; i < rest.aborts.size(); ++i)
      if (rest.aborts[i].covers(work)) reports[i].push_back(work.request.tag);
  };
  for (auto& work : queued) {
    note(work);
    complete_early(work, OutboundOutcome::Aborted);
  }
  for (auto& waiting : waiting_) {
    note(waiting.work);
    complete_early(waiting.work, OutboundOutcome::Aborted);
  }
  waiting_.clear();
  const std::vector<Transfer*> running = running_;
  for (Transfer* transfer : running) {
    note(transfer->work);
    transfer->pool->halt(*transfer);
    transfer->denied = true;
    finish(*transfer, CURLE_ABORTED_BY_CALLBACK);
  }
  pools_.clear();
  for (std::size_t i = 0; i < reports.size(); ++i)
    if (rest.aborts[i].report) rest.aborts[i].report(std::move(reports[i]));
  // Last, because a resolver that hangs keeps its thread until the system gives up.
  names_.reset();
}

std::chrono::microseconds SenderLoop::since(SteadyTime start) const {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now() - start);
}

}  // namespace sealpost
