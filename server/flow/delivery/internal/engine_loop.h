// The engine's thread and all it owns. Each turn takes the events that have come, starts what may start,
// files what has ended, claims what there is room for, and tells how it stands.
#pragma once

#include <set>
#include <thread>
#include <unordered_map>

#include "flow/delivery/internal/breakers.h"
#include "flow/delivery/internal/endpoint_lines.h"
#include "flow/delivery/internal/filing_desk.h"
#include "foundation/concurrency/thread_pool.h"

namespace sealpost {

class DeliveryEngine::Loop final {
 public:
  Loop(Parts parts, DeliveryOptions options);
  ~Loop() { stop(); }

  void start();
  void stop();
  bool drain(Milliseconds at_most);
  [[nodiscard]] delivery::Inbox& inbox() { return *inbox_; }

 private:
  enum class Stage : std::uint8_t { Queued, Opening, Stalled, Sending };
  struct Held {
    Stage stage = Stage::Queued;
    bool in_line = false;                // has a place among those under way
    std::uint64_t endpoint_version = 0;  // that it was sent to
    delivery::AttemptEvidence evidence;
    std::shared_ptr<const CarriedMessage> message;
    [[nodiscard]] const LeasedDelivery& leased() const { return evidence.leased; }
  };
  // Someone who waits for sends to come back aborted.
  struct Watch {
    std::set<SendTag> waiting;
    std::vector<DeliveryId> aborted;
    AbortReport report;
  };
  // What a question asked on the sender's thread needs; outlives the engine.
  struct Permission {
    std::function<GatewayPicturePtr()> picture;
    const Clock& clock;
    [[nodiscard]] std::optional<DeliveryRefusal> judge(const DeliveryParties& parties) const {
      return judge_delivery(*picture()->directory, parties, clock.wall_now());
    }
  };

  void run(const std::stop_token& stop);
  void turn();
  [[nodiscard]] Milliseconds wait_at_most() const;
  void tell();

  void on(delivery::HandedOver& event);
  void on(delivery::Woken& event);
  void on(delivery::Claimed& event);
  void on(delivery::Opened& event);
  void on(delivery::Answered& event);
  void on(delivery::Filed& event);
  void on(delivery::Released& event);
  void on(delivery::AccessEnded& event);
  void on(delivery::DisableEnded& event);
  void on(delivery::DrainBegins& event);
  void on(delivery::DrainEnds& event);

  void admit(LeasedDelivery leased);
  void let_go(const LeasedDelivery& leased);
  void start_lines();
  void end_rests();
  void retry_stalled();
  void claim();
  [[nodiscard]] std::uint32_t concurrency_of(Position endpoint) const;
  // How many of one endpoint's may be in hand.
  [[nodiscard]] std::uint32_t bound_of(Position endpoint) const;

  // One delivery under way: judged, opened if need be, signed, sent. The entry may be gone afterwards.
  void advance(SendTag tag);
  void open(SendTag tag, Held& held);
  void send(SendTag tag, Held& held, const GatewayPicture& picture);
  void stall(SendTag tag, Held& held);
  void finish(SendTag tag, const AttemptEnd& end);
  void note_receiver(const Endpoint& endpoint, delivery::ReceiverSign sign, std::uint64_t random);
  void give_back(SendTag tag, WallTime due);
  Held take_out(SendTag tag);
  void settle_watches(SendTag tag, DeliveryId delivery, bool aborted);
  void disable(const LeasedDelivery& leased);

  Parts parts_;
  const DeliveryOptions options_;
  std::shared_ptr<delivery::Inbox> inbox_;
  std::shared_ptr<const Permission> permission_;
  delivery::FilingDesk desk_;
  delivery::EndpointLines lines_;
  delivery::Breakers breakers_;
  std::uint64_t breakers_judged_in_ = 0;  // version of the picture
  std::unordered_map<SendTag, Held> held_;
  std::set<Position> touched_;  // lines in which something may start
  std::vector<SendTag> stalled_;
  std::optional<SteadyTime> stalled_until_;
  std::vector<Watch> watches_;
  SendTag next_tag_ = 1;
  bool draining_ = false;

  bool want_claim_ = true;
  bool claim_pending_ = false;
  std::uint32_t claim_asked_ = 0;
  std::optional<WallTime> next_due_;
  std::optional<SteadyTime> claim_pause_;

  std::size_t opening_ = 0;
  std::size_t sending_ = 0;
  std::size_t disabling_ = 0;
  DeliveryMetrics totals_;

  ThreadPool pool_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sealpost
