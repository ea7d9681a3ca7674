// Sends what is due. One thread owns every delivery in hand and takes events: handed over by the store,
// claimed, opened, answered, filed. It never waits for a socket, the store or a lock that is held across
// either: payloads that acceptance did not carry are read and opened on a small pool, sends run in the
// HttpSender, filing in the store's writer. Endpoints have lines of their own, so a hanging receiver fills
// its line and slows no other; what a line or the engine has no room for goes back to waiting in the store.
// One that fails again and again is left alone for a while by its breaker, which costs no attempt.
//
//   handed over ─┐                      ┌─ not allowed ─────────────┐
//   claimed ─────┴─ line of endpoint ─ judged ─ opened ─ signed ─ sent ─ filed (attempt + next state + audit
//   record)
//
// A delivery is held until its attempt is on disk. A store that is busy is asked again, for as long as it
// takes: the lease protects the delivery meanwhile, and fences a filing that had arrived after all. What an
// earlier process left leased is filed as `outcome_unknown` and waits for its next attempt.
//
// Life cycle: constructed, start(), then drain() and stop() (the destructor stops). The parts outlive it, and
// the sender is stopped after it or before it, but not destroyed. Callbacks given in Parts are called on the
// engine's or a pool's threads; `picture` and `egress_policy` must not wait. Internally synchronised.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/public_id.h"
#include "domain/policy/outbound_http.h"
#include "flow/delivery/delivery_step.h"
#include "flow/directory/directory.h"
#include "foundation/log/log.h"
#include "foundation/system/clock.h"
#include "foundation/system/entropy.h"
#include "storage/store/store.h"
#include "trust/audit_trail/audit_trail.h"
#include "trust/vault/vault.h"

namespace sealpost {

struct DeliveryOptions {
  std::string user_agent = "Sealpost";
  // Deliveries in hand: in flight, in a line, or waiting to be filed. Above it none is born leased or
  // claimed. One organization holds a quarter of it at most.
  std::uint32_t max_held = 4'096;
  // Of one endpoint; at least its max_concurrency is always granted.
  std::uint32_t max_held_per_endpoint = 512;
  std::uint32_t claim_most = 256;
  std::uint32_t claim_most_per_endpoint = 16;
  std::size_t opening_threads = 2;
  // Attempts filed with one command, and commands under way at once.
  std::size_t filing_batch = 256;
  std::size_t filings_under_way = 4;
};

struct DeliveryMetrics {
  std::uint64_t held = 0;       // all in hand
  std::uint64_t queued = 0;     // in lines
  std::uint64_t in_flight = 0;  // with the sender
  std::uint64_t filing = 0;     // ended, not on disk yet
  std::uint64_t breakers_open = 0;
  // Since the start.
  std::array<std::uint64_t, 5> attempts{};  // by AttemptResult
  std::uint64_t dead = 0;
  std::uint64_t claimed = 0;
  std::uint64_t handed_over = 0;
  std::uint64_t released = 0;
  std::uint64_t leases_lost = 0;
  std::uint64_t filing_retries = 0;
  std::uint64_t breakers_opened = 0;  // and opened again
  [[nodiscard]] std::uint64_t attempts_of(AttemptResult result) const {
    return attempts[static_cast<std::size_t>(result)];
  }
};

class DeliveryEngine final {
 public:
  struct Parts {
    Store& store;
    Vault& vault;
    const AuditTrail& audit;
    const PublicIdCodec& ids;
    HttpSender& sender;
    const Clock& clock;
    Entropy& entropy;
    Logger& log;
    // The present picture (Directory::picture()).
    std::function<GatewayPicturePtr()> picture;
    // The policy that judges where a tenancy may send; null refuses the send.
    std::function<EgressPolicyPtr(const Tenancy&)> egress_policy;
    // A receiver answered 410: a change of a control, recorded as such. Runs on a pool thread and may wait.
    std::function<void(const Tenancy&, EndpointId, std::string_view reason)> disable_endpoint;
  };
  DeliveryEngine(Parts parts, DeliveryOptions options);
  ~DeliveryEngine();
  DeliveryEngine(const DeliveryEngine&) = delete;
  DeliveryEngine& operator=(const DeliveryEngine&) = delete;

  // Takes hand-overs from the store and begins with what an earlier process left.
  void start();

  // Access to something of this organization has ended, and the picture says so already: every send that is
  // no longer allowed is aborted, what waits in lines is ended. `report` gets the deliveries whose sends were
  // aborted, after the last of them has come back; on the engine's thread.
  using AbortReport = std::function<void(std::vector<DeliveryId> aborted)>;
  void access_ended(OrganizationId organization, AbortReport report);
  // The same, waiting at most so long; nothing when not all had come back by then.
  std::optional<std::vector<DeliveryId>> access_ended_and_wait(OrganizationId organization,
                                                               Milliseconds at_most);

  // Takes nothing more, gives back what has not begun, lets sends end until the deadline, aborts the rest,
  // files all. False when something could not be filed: it stays leased and is `outcome_unknown` to the next
  // process.
  bool drain(Milliseconds at_most);
  void stop();

  [[nodiscard]] DeliveryMetrics metrics() const;

  // Looks for due work now instead of at the next known time: after the clock was moved.
  void wake();
  // Waits until nothing moves but what is with the sender. False after ten seconds.
  [[nodiscard]] bool settle_for_test();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace sealpost
