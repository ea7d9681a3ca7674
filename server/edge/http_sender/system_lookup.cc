#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "edge/http_sender/internal/socket_address.h"
#include "edge/http_sender/name_lookup.h"

namespace sealpost {

LookupAnswer system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* raw = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(raw, &freeaddrinfo);
  if (code == EAI_NONAME || code == EAI_NODATA) return fail(LookupError::NotFound);
  if (code != 0) return fail(LookupError::Unavailable);
  std::vector<IpAddress> found;
  for (const addrinfo* entry = raw; entry != nullptr; entry = entry->ai_next)
    if (const auto address = from_sockaddr(*entry->ai_addr)) found.push_back(address->address);
  if (found.empty()) return fail(LookupError::NotFound);
  return found;
}

}  // namespace sealpost
