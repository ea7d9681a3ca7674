#include "edge/http_sender/name_lookup.h"

#include <algorithm>

namespace sealpost {

NameLookup::NameLookup(Options options, const Clock& clock, OnAnswer on_answer)
    : options_(std::move(options)), clock_(clock), on_answer_(std::move(on_answer)) {
  for (unsigned i = 0; i < std::max(1U, options_.threads); ++i) threads_.emplace_back([this] { run(); });
}

NameLookup::~NameLookup() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::optional<LookupAnswer> NameLookup::find(const std::string& host, OrganizationId organization) {
  const SteadyTime now = clock_.steady_now();
  const std::scoped_lock lock(mutex_);
  if (const auto it = cache_.find(host); it != cache_.end()) {
    if (now < it->second.until) return it->second.answer;
    cache_.erase(it);
  }
  if (pending_.contains(host)) return std::nullopt;
  if (waiting_.size() >= options_.max_waiting) return LookupAnswer(fail(LookupError::Unavailable));
  pending_.emplace(host, true);
  waiting_.push_back({host, organization});
  wake_.notify_one();
  return std::nullopt;
}

// The first waiting job whose organization still has a thread to itself. The caller holds the lock.
bool NameLookup::take_job(Job& job) {
  const auto free = std::ranges::find_if(waiting_, [this](const Job& candidate) {
    const auto it = running_.find(candidate.organization.position);
    return it == running_.end() || it->second < options_.threads_per_organization;
  });
  if (free == waiting_.end()) return false;
  job = std::move(*free);
  waiting_.erase(free);
  ++running_[job.organization.position];
  return true;
}

void NameLookup::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    Job job;
    wake_.wait(lock, [&] { return stopping_ || take_job(job); });
    if (stopping_) return;
    lock.unlock();
    const LookupAnswer answer = options_.lookup(job.host);
    lock.lock();
    store(job.host, answer);
    if (const auto it = running_.find(job.organization.position); --it->second == 0) running_.erase(it);
    // Another job of this organization may have waited for its turn only.
    wake_.notify_one();
    lock.unlock();
    on_answer_(job.host, answer);
    lock.lock();
  }
}

void NameLookup::store(const std::string& host, const LookupAnswer& answer) {
  const SteadyTime now = clock_.steady_now();
  pending_.erase(host);
  if (cache_.size() >= options_.max_cached) {
    std::erase_if(cache_, [now](const auto& entry) { return entry.second.until <= now; });
    if (cache_.size() >= options_.max_cached) cache_.erase(cache_.begin());
  }
  const Seconds keep = answer.ok() ? options_.keep_found : options_.keep_failed;
  cache_.insert_or_assign(host, Known{answer, now + keep});
}

}  // namespace sealpost
