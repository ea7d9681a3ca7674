#include "edge/http_server/internal/core.h"

#include <algorithm>
#include <array>

namespace sealpost::http_internal {
namespace {

IpAddress counted_as(const IpAddress& address) {
  if (address.family() == IpAddress::Family::V4) return address;
  std::array<std::uint8_t, 16> network{};
  std::ranges::copy(address.octets().first(8), network.begin());
  return IpAddress::v6(network);
}

}  // namespace

bool Admission::admit(const IpAddress* address) {
  const std::scoped_lock lock(mutex_);
  if (open_ >= all_) return false;
  if (address != nullptr) {
    const IpAddress key = counted_as(*address);
    auto& theirs = by_address_[key];
    if (theirs >= per_address_) {
      if (theirs == 0) by_address_.erase(key);
      return false;
    }
    ++theirs;
  }
  ++open_;
  return true;
}

void Admission::leave(const IpAddress* address) {
  const std::scoped_lock lock(mutex_);
  if (address != nullptr) {
    const auto found = by_address_.find(counted_as(*address));
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  }
  if (--open_ == 0) none_.notify_all();
}

std::size_t Admission::open() const {
  const std::scoped_lock lock(mutex_);
  return open_;
}

bool Admission::wait_until_none(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  return none_.wait_until(lock, deadline, [this] { return open_ == 0; });
}

}  // namespace sealpost::http_internal
