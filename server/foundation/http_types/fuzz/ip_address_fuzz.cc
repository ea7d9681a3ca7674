// Any text as an address or a network: what is accepted is written and read back as the same value.
#include "foundation/http_types/ip_address.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = IpAddress::parse(text)) {
    const auto again = IpAddress::parse(address->to_string());
    if (!again || *again != *address) std::abort();
    if (!Cidr::parse(text)->contains(*address)) std::abort();
  }
  if (const auto network = Cidr::parse(text)) {
    const auto again = Cidr::parse(network->to_string());
    if (!again || *again != *network || !network->contains(network->network())) std::abort();
  }
  return 0;
}
