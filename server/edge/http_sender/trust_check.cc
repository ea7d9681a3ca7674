#include "edge/http_sender/trust_check.h"

#include "edge/http_sender/internal/tls_roots.h"

namespace sealpost {

bool is_ca_file(const std::filesystem::path& path) {
  return !path.empty() && TlsRoots::create(path) != nullptr;
}

}  // namespace sealpost
