// Several seals in a row on one thread. The key that XAES-256-GCM derives for a message is overwritten in the
// cipher's memory after each use, which costs a key schedule; within a batch the next message's key
// overwrites it, and the last one is overwritten when the batch ends. Batches nest. One thread.
#pragma once

namespace sealpost {

class SealBatch final {
 public:
  SealBatch();
  SealBatch(const SealBatch&) = delete;
  SealBatch& operator=(const SealBatch&) = delete;
  ~SealBatch();
};

}  // namespace sealpost
