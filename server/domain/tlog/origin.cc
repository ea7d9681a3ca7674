#include "domain/tlog/origin.h"

#include <limits>

#include "domain/tlog/internal/text.h"
#include "domain/tlog/leaf.h"

namespace sealpost {
namespace {

using namespace tlog_internal;

constexpr std::uint32_t kLastGeneration = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Result<LogOrigin, TlogRefusal> LogOrigin::create(std::string installation, std::string log,
                                                 std::uint32_t generation) {
  if (!is_plain_id(installation, kMaxInstallationIdBytes) || !is_plain_id(log, kMaxLogPseudonymBytes) ||
      generation == 0)
    return fail(TlogRefusal::OriginMalformed);
  return LogOrigin(std::move(installation), std::move(log), generation);
}

Result<LogOrigin, TlogRefusal> LogOrigin::parse(std::string_view text) {
  if (!take(text, "sealpost/")) return fail(TlogRefusal::OriginMalformed);
  const auto installation = take_until(text, '/');
  const auto log = take_until(text, '/');
  const auto generation = parse_decimal(text, kLastGeneration);
  if (!installation || !log || !generation) return fail(TlogRefusal::OriginMalformed);
  return create(std::string(*installation), std::string(*log), static_cast<std::uint32_t>(*generation));
}

std::string LogOrigin::text() const {
  return "sealpost/" + installation_ + "/" + log_ + "/" + std::to_string(generation_);
}

Result<LogOrigin, TlogRefusal> LogOrigin::successor() const {
  if (generation_ == kLastGeneration) return fail(TlogRefusal::OriginMalformed);
  return create(installation_, log_, generation_ + 1);
}

}  // namespace sealpost
