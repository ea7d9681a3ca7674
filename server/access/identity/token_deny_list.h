// Access tokens that were revoked one by one before their end. Small by nature: an entry is dropped when its
// token would have expired. Internally synchronised.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "domain/model/ids.h"

namespace sealpost {

class TokenDenyList final {
 public:
  // False when the list is full: whoever revokes then raises the epoch instead.
  [[nodiscard]] bool add(AccessTokenId token, WallTime token_expires_at);
  [[nodiscard]] bool contains(AccessTokenId token) const;
  void drop_expired(WallTime now);
  [[nodiscard]] std::size_t size() const;

  static constexpr std::size_t kMaxEntries = 65'536;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<AccessTokenId, WallTime> denied_;
};

}  // namespace sealpost
