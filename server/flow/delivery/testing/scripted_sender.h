// An egress door that keeps what was submitted until the test answers it, from any thread. Asks still_allowed
// when it answers, as the real door does when the connection stands. Tests only. Internally synchronised.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy/outbound_http.h"

namespace sealpost {

class ScriptedSender final : public HttpSender {
 public:
  struct Seen {
    SendTag tag = 0;
    std::string url;
    std::vector<OutboundHeader> headers;
    Bytes body;
    Milliseconds timeout{0};
    [[nodiscard]] std::string header(std::string_view name) const;
  };

  ScriptedSender();
  ~ScriptedSender() override;

  Result<void, SubmitError> submit(OutboundRequest&& request, Completion done) override;
  void abort(const Tenancy& tenancy, SendTag tag) override;
  void abort_organization(OrganizationId organization, AbortReport report) override;

  // Answers the oldest request to this URL; false when there is none.
  bool answer(std::string_view url, OutboundResult result);
  bool answer(std::string_view url, int status, std::optional<Seconds> retry_after = {});
  [[nodiscard]] std::vector<Seen> waiting() const;
  [[nodiscard]] std::size_t waiting_for(std::string_view url) const;
  [[nodiscard]] std::size_t submitted() const;
  void set_capacity(std::size_t capacity);
  // Whether aborted requests count as sent.
  void set_sent_when_aborted(bool sent) { sent_when_aborted_ = sent; }
  void stop();

 private:
  struct Sent {
    OutboundRequest request;
    Completion done;
  };
  template <class Matches, class Answer>
  std::vector<SendTag> end(Matches matches, std::size_t most, Answer answer);

  mutable std::mutex mutex_;
  std::vector<Sent> waiting_;
  std::size_t capacity_ = 1024;
  std::size_t most_waiting_ = 0;
  std::size_t submitted_ = 0;
  bool sent_when_aborted_ = false;
  bool stopped_ = false;
};

}  // namespace sealpost
