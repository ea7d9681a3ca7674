#include "flow/directory/rates.h"

namespace sealpost {
namespace {

constexpr std::uint32_t kMaxRate = 1'000'000;

}  // namespace

EffectiveRate effective_rate(const RateSetting& rate, const RateSetting& otherwise) {
  const RateSetting& meant = rate.per_second == 0 ? otherwise : rate;
  const std::uint64_t twice = std::uint64_t{2} * meant.per_second;
  return {meant.per_second, meant.burst == 0 ? twice : meant.burst};
}

Operation<void> judge_rate(const AuthorizedCall& call, const RateSetting& before,
                           const std::optional<RateSetting>& asked, const RateSetting& otherwise) {
  if (!asked) return {};
  if (asked->per_second > kMaxRate)
    return refuse(PublicCode::ValidationFailed, "too fast", {"/rate_limit/per_second"});
  if (asked->burst > kMaxRate)
    return refuse(PublicCode::ValidationFailed, "too much at once", {"/rate_limit/burst"});
  if (call.caller_kind() == CallerKind::Operator) return {};
  const EffectiveRate from = effective_rate(before, otherwise);
  const EffectiveRate to = effective_rate(*asked, otherwise);
  if (to.per_second > from.per_second)
    return refuse(PublicCode::OperatorOnly, "a machine may only lower limits", {"/rate_limit/per_second"});
  if (to.burst > from.burst)
    return refuse(PublicCode::OperatorOnly, "a machine may only lower limits", {"/rate_limit/burst"});
  return {};
}

}  // namespace sealpost
