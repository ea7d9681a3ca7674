// Where senders post their webhooks: POST /v1/in/{source_id}. The body is kept exactly as it came; the
// signature over it is the sender's credential, and flow/acceptance checks it before anything is parsed. The
// inlet only decides where that work runs and how the outcome is written. Called on socket threads and never
// blocks. Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "domain/model/position_allocator.h"
#include "edge/http_server/responder.h"
#include "flow/acceptance/acceptance.h"
#include "foundation/concurrency/thread_pool.h"

namespace sealpost {

class WebhookInlet final {
 public:
  // Larger bodies are verified on the pool.
  static constexpr std::size_t kMaxInlineBytes = std::size_t{64} * 1024;
  // For sources that nobody knows: enough to read a refused request to its end.
  static constexpr std::size_t kUnknownSourceBytes = std::size_t{64} * 1024;

  struct Parts {
    Acceptance& acceptance;
    Directory& directory;
    const AuditTrail& audit;
    const PublicIdCodec& ids;
    ThreadPool& pool;
    const Clock& clock;
  };
  explicit WebhookInlet(Parts parts) : parts_(parts) {}

  // How many bytes a webhook to this source may have. `source_id` is the text from the path.
  [[nodiscard]] std::size_t body_limit(std::string_view source_id) const;
  // Answers with every header that an answer has.
  void receive(std::string_view source_id, RequestId request, HttpRequest&& http, Responder responder);

 private:
  [[nodiscard]] bool runs_inline(SourceId source, std::size_t body_bytes) const;
  Parts parts_;
};

}  // namespace sealpost
