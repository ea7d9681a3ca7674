// Claiming is the one command whose outcome is not told beforehand: who is given what, and how much of it, is
// judged by what the seam promises.
#include <algorithm>

#include "model.h"
#include "trace.h"

namespace sealpost::simulation {
namespace {

std::uint32_t free_of(const ClaimWork& request, Position target) {
  std::uint32_t free = request.most_per_target;
  for (const auto& room : request.rooms)
    if (room.target == target) free = std::min(free, room.free);
  return free;
}

std::uint32_t share_of(const ClaimWork& request, OrganizationId organization) {
  for (const auto& share : request.shares)
    if (share.organization == organization) return share.free;
  return request.most;
}

std::uint64_t epoch_in(const ClaimWork& request, OrganizationId organization) {
  return request.picture ? request.picture->epoch_of(organization) : 0;
}

struct Given {
  std::uint32_t orphans = 0;
  std::map<Position, std::uint32_t> by_target, by_organization;
};

void judge_limits(const ClaimWork& request, const ClaimedWork& got, const Given& given) {
  if (got.deliveries.size() > request.most) violated("claimed {} of {}", got.deliveries.size(), request.most);
  for (const auto& [target, count] : given.by_target)
    if (count > free_of(request, target)) violated("target {} was given {}, over its room", target, count);
  for (const auto& [organization, count] : given.by_organization)
    if (count > share_of(request, {organization}))
      violated("organization {} was given {}, over its share", organization, count);
}

}  // namespace

void Model::claimed(const ClaimWork& request, const ClaimedWork& got, std::uint64_t boot) {
  Given given;
  const std::uint64_t orphans = in_standing(Standing::Orphaned);
  std::map<Position, std::uint32_t> due_before;
  for (const auto& [position, one] : deliveries)
    if (one.standing == Standing::Waiting && one.due <= request.now) ++due_before[one.target];
  for (const LeasedDelivery& leased : got.deliveries) {
    const auto found = deliveries.find(leased.delivery.position);
    if (found == deliveries.end()) violated("claimed delivery {}, which is not", leased.delivery.position);
    const ModelDelivery one = found->second;
    if (one.standing == Standing::Held)
      violated("delivery {} is held under token {} and was given away under {}", leased.delivery.position,
               one.lease.token, leased.lease.token);
    if (leased.orphaned != (one.standing == Standing::Orphaned) || one.standing == Standing::Ended)
      violated("delivery {} was claimed from standing {}", leased.delivery.position,
               static_cast<int>(one.standing));
    hand_over(leased, boot);
    if (leased.orphaned) {
      ++given.orphans;
      continue;
    }
    if (one.due > request.now) violated("delivery {} was claimed before it was due", one.delivery.position);
    if (epoch_in(request, one.tenancy.organization) != epochs[one.tenancy.organization])
      violated("delivery {} was given to who knows an older epoch", one.delivery.position);
    ++given.by_target[one.target];
    ++given.by_organization[one.tenancy.organization.position];
  }
  judge_limits(request, got, given);
  if (given.orphans < std::min<std::uint64_t>(orphans, request.most))
    violated("{} of {} orphans were claimed", given.orphans, orphans);

  const bool full = got.deliveries.size() >= request.most;
  for (const OrganizationId organization : got.behind)
    if (epoch_in(request, organization) == epochs[organization])
      violated("organization {} is called behind and is not", organization.position);
  std::optional<WallTime> earliest;
  for (const auto& [position, one] : deliveries) {
    const OrganizationId organization = one.tenancy.organization;
    const std::uint32_t share = share_of(request, organization);
    if (one.standing != Standing::Waiting || given.by_organization[organization.position] >= share) continue;
    const std::uint32_t free = free_of(request, one.target);
    const bool closed = std::ranges::any_of(
        request.rooms, [&](const auto& room) { return room.target == one.target && room.free == 0; });
    if (!closed) earliest = earliest ? std::min(*earliest, one.due) : one.due;
    if (full || one.due > request.now || free == 0) continue;
    if (epoch_in(request, organization) != epochs[organization]) {
      if (std::ranges::find(got.behind, organization) == got.behind.end())
        violated("organization {} is behind and nobody was told", organization.position);
    } else if (given.by_target[one.target] < std::min(free, due_before[one.target])) {
      violated("delivery {} is due, has room, and was passed over", position);
    }
  }
  if (earliest && (!got.next_due || *got.next_due > *earliest))
    violated("something is due at {} and next_due says {}", to_unix_ms(*earliest),
             got.next_due ? to_unix_ms(*got.next_due) : 0);
}

void Model::perhaps_claimed(const ClaimWork& request) {
  for (auto& [position, one] : deliveries)
    if (one.standing == Standing::Orphaned || (one.standing == Standing::Waiting && one.due <= request.now))
      one.unsettled = true;
}

}  // namespace sealpost::simulation
