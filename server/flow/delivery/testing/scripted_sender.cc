#include "flow/delivery/testing/scripted_sender.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sealpost {

ScriptedSender::ScriptedSender() = default;
ScriptedSender::~ScriptedSender() = default;

std::string ScriptedSender::Seen::header(std::string_view name) const {
  const auto it = std::ranges::find(headers, name, &OutboundHeader::name);
  return it == headers.end() ? std::string{} : it->value;
}

Result<void, SubmitError> ScriptedSender::submit(OutboundRequest&& request, Completion done) {
  const std::scoped_lock lock(mutex_);
  if (stopped_) return fail(SubmitError::Stopped);
  if (waiting_.size() >= capacity_) return fail(SubmitError::QueueFull);
  most_waiting_ = std::max(most_waiting_, waiting_.size() + 1);
  ++submitted_;
  waiting_.push_back({std::move(request), std::move(done)});
  return {};
}

template <class Matches, class Answer>
std::vector<SendTag> ScriptedSender::end(Matches matches, std::size_t most, Answer answer) {
  std::vector<Sent> ended;
  {
    const std::scoped_lock lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end() && ended.size() < most;) {
      if (!matches(it->request)) {
        ++it;
        continue;
      }
      ended.push_back(std::move(*it));
      it = waiting_.erase(it);
    }
  }
  std::vector<SendTag> tags;
  for (Sent& sent : ended) {
    OutboundResult result = answer(sent.request);
    result.tag = sent.request.tag;
    result.tenancy = sent.request.policy->tenancy();
    tags.push_back(sent.request.tag);
    sent.done(std::move(result));
  }
  return tags;
}

void ScriptedSender::abort(const Tenancy& tenancy, SendTag tag) {
  end([&](const OutboundRequest& r) { return r.tag == tag && r.policy->tenancy() == tenancy; }, 1,
      [&](const OutboundRequest&) {
        OutboundResult aborted;
        aborted.request_sent = sent_when_aborted_;
        return aborted;
      });
}

void ScriptedSender::abort_organization(OrganizationId organization, AbortReport report) {
  report(end([&](const OutboundRequest& r) { return r.policy->tenancy().organization == organization; },
             SIZE_MAX, [](const OutboundRequest&) { return OutboundResult{}; }));
}

bool ScriptedSender::answer(std::string_view url, OutboundResult result) {
  const auto ended = end([&](const OutboundRequest& r) { return r.url == url; }, 1,
                         [&](const OutboundRequest& r) {
                           if (r.still_allowed && !r.still_allowed()) return OutboundResult{};
                           return std::move(result);
                         });
  return !ended.empty();
}

bool ScriptedSender::answer(std::string_view url, int status, std::optional<Seconds> retry_after) {
  OutboundResult result;
  result.outcome = OutboundOutcome::Responded;
  result.http_status = status;
  result.request_sent = true;
  result.retry_after = retry_after;
  result.remote_address = IpAddress::v4({192, 0, 2, 7});
  return answer(url, std::move(result));
}

std::vector<ScriptedSender::Seen> ScriptedSender::waiting() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Seen> out;
  for (const Sent& sent : waiting_)
    out.push_back(
        {sent.request.tag, sent.request.url, sent.request.headers, sent.request.body, sent.request.timeout});
  return out;
}

std::size_t ScriptedSender::waiting_for(std::string_view url) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count(waiting_, url, [](const Sent& s) { return s.request.url; }));
}

std::size_t ScriptedSender::submitted() const {
  const std::scoped_lock lock(mutex_);
  return submitted_;
}

void ScriptedSender::set_capacity(std::size_t capacity) {
  const std::scoped_lock lock(mutex_);
  capacity_ = capacity;
}

void ScriptedSender::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
}

}  // namespace sealpost
