#include "edge/http_server/testing/captured_response.h"

#include <utility>

namespace sealpost {

CapturedResponse::CapturedResponse() = default;
CapturedResponse::~CapturedResponse() = default;

std::shared_ptr<CapturedResponse> CapturedResponse::create() { return std::make_shared<CapturedResponse>(); }

Responder CapturedResponse::responder() { return {shared_from_this(), 1}; }

void CapturedResponse::answer(std::uint64_t, HttpResponse&& response) { settle(std::move(response), false); }

void CapturedResponse::dropped(std::uint64_t) { settle(HttpResponse::empty(500), true); }

HttpResponse CapturedResponse::wait() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return response_.has_value(); });
  return *response_;
}

bool CapturedResponse::was_dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

bool CapturedResponse::answered() const {
  const std::scoped_lock lock(mutex_);
  return response_.has_value() && !dropped_;
}

void CapturedResponse::settle(HttpResponse&& response, bool dropped) {
  const std::scoped_lock lock(mutex_);
  response_ = std::move(response);
  dropped_ = dropped;
  settled_.notify_all();
}

}  // namespace sealpost
