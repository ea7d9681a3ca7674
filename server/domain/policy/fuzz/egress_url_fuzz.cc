// Whatever text is judged: no crash, and what passes is stable: the URL put together again is judged the same
// and names the same host and port, so that no later reader sees another target.
#include <cstdint>
#include <string_view>

#include "domain/policy/egress_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  EgressPolicy::Settings settings;
  settings.tenancy = {OrganizationId{1}, Environment::Test};
  settings.plain_http = {{*IpAddress::parse("127.0.0.1"), 8080}};
  const EgressPolicy policy(settings);
  const auto first = policy.judge_url(text);
  if (!first) return 0;
  const auto again = policy.judge_url(first->url);
  SEALPOST_CHECK(again.ok());
  SEALPOST_CHECK(again->url == first->url && again->host == first->host && again->port == first->port);
  SEALPOST_CHECK(!first->literal || policy.judge_address(*first, *first->literal).ok());
  SEALPOST_CHECK(first->url.find('@') == std::string::npos || first->url.find('@') > first->url.find('/', 8));
  return 0;
}
