#include "flow/delivery/delivery_engine.h"

#include "flow/delivery/internal/engine_loop.h"

namespace sealpost {

DeliveryEngine::DeliveryEngine(Parts parts, DeliveryOptions options)
    : loop_(std::make_unique<Loop>(std::move(parts), std::move(options))) {}
DeliveryEngine::~DeliveryEngine() = default;

void DeliveryEngine::start() { loop_->start(); }

void DeliveryEngine::access_ended(OrganizationId organization, AbortReport report) {
  loop_->inbox().post(delivery::AccessEnded{organization, std::move(report)});
}

std::optional<std::vector<DeliveryId>> DeliveryEngine::access_ended_and_wait(OrganizationId organization,
                                                                             Milliseconds at_most) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<std::vector<DeliveryId>> aborted;
  };
  const auto answer = std::make_shared<Answer>();
  access_ended(organization, [answer](std::vector<DeliveryId> aborted) {
    const std::scoped_lock lock(answer->mutex);
    answer->aborted = std::move(aborted);
    answer->told.notify_all();
  });
  std::unique_lock lock(answer->mutex);
  answer->told.wait_for(lock, at_most, [&] { return answer->aborted.has_value(); });
  return answer->aborted;
}

bool DeliveryEngine::drain(Milliseconds at_most) { return loop_->drain(at_most); }
void DeliveryEngine::stop() { loop_->stop(); }
DeliveryMetrics DeliveryEngine::metrics() const { return loop_->inbox().metrics(); }
void DeliveryEngine::wake() { loop_->inbox().post(delivery::Woken{}); }
bool DeliveryEngine::settle_for_test() { return loop_->inbox().wait_until_settled(std::chrono::seconds(10)); }

}  // namespace sealpost
