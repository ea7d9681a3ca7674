#include "access/identity/token_deny_list.h"

namespace sealpost {

bool TokenDenyList::add(AccessTokenId token, WallTime token_expires_at) {
  const std::unique_lock lock(mutex_);
  if (denied_.size() >= kMaxEntries && !denied_.contains(token)) return false;
  denied_.insert_or_assign(token, token_expires_at);
  return true;
}

bool TokenDenyList::contains(AccessTokenId token) const {
  const std::shared_lock lock(mutex_);
  return denied_.contains(token);
}

void TokenDenyList::drop_expired(WallTime now) {
  const std::unique_lock lock(mutex_);
  std::erase_if(denied_, [&](const auto& entry) { return entry.second <= now; });
}

std::size_t TokenDenyList::size() const {
  const std::shared_lock lock(mutex_);
  return denied_.size();
}

}  // namespace sealpost
