// The egress door for tests of flows: keeps what was submitted until the test answers it. Judges the URL as
// the real door does, so that a flow's test meets refusals too. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "domain/policy/outbound_http.h"

namespace sealpost {

class FakeHttpSender final : public HttpSender {
 public:
  struct Sent {
    OutboundRequest request;
    Completion done;
  };

  Result<void, SubmitError> submit(OutboundRequest&& request, Completion done) override {
    if (stopped_) return fail(SubmitError::Stopped);
    if (in_flight_.size() >= capacity_) return fail(SubmitError::QueueFull);
    in_flight_.push_back({std::move(request), std::move(done)});
    return {};
  }
  void abort(const Tenancy& tenancy, SendTag tag) override {
    end_if([&](const OutboundRequest& r) { return r.tag == tag && r.policy->tenancy() == tenancy; });
  }
  void abort_organization(OrganizationId organization, AbortReport report) override {
    report(
        end_if([&](const OutboundRequest& r) { return r.policy->tenancy().organization == organization; }));
  }

  [[nodiscard]] const std::deque<Sent>& in_flight() const { return in_flight_; }
  // Answers the oldest request: refused by its policy, aborted if it is no longer allowed, else with
  // `result`.
  void answer_next(OutboundResult result) {
    SEALPOST_CHECK(!in_flight_.empty());
    Sent sent = std::move(in_flight_.front());
    in_flight_.pop_front();
    if (const auto judged = sent.request.policy->judge_url(sent.request.url); !judged) {
      result.outcome = OutboundOutcome::Refused;
      result.refusal = judged.error();
    } else if (sent.request.still_allowed && !sent.request.still_allowed()) {
      result.outcome = OutboundOutcome::Aborted;
    }
    finish(std::move(sent), std::move(result));
  }
  void answer_next_with_status(int http_status) {
    OutboundResult result;
    result.outcome = OutboundOutcome::Responded;
    result.request_sent = true;
    result.http_status = http_status;
    answer_next(std::move(result));
  }
  void set_capacity(std::size_t capacity) { capacity_ = capacity; }
  void stop() {
    stopped_ = true;
    end_if([](const OutboundRequest&) { return true; });
  }

 private:
  static void finish(Sent sent, OutboundResult result) {
    result.tag = sent.request.tag;
    result.tenancy = sent.request.policy->tenancy();
    sent.done(std::move(result));
  }
  template <class Predicate>
  std::vector<SendTag> end_if(Predicate matches) {
    std::vector<Sent> ended;
    for (auto it = in_flight_.begin(); it != in_flight_.end();) {
      if (!matches(it->request)) {
        ++it;
        continue;
      }
      ended.push_back(std::move(*it));
      it = in_flight_.erase(it);
    }
    std::vector<SendTag> tags;
    for (auto& sent : ended) {
      tags.push_back(sent.request.tag);
      finish(std::move(sent), OutboundResult{});
    }
    return tags;
  }
  std::deque<Sent> in_flight_;
  std::size_t capacity_ = 1024;
  bool stopped_ = false;
};

}  // namespace sealpost
