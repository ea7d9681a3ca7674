// The way out that a pool takes for as long as it lives, and whom its receivers are believed by. Immutable,
// shared.
#pragma once

#include <memory>
#include <optional>

#include "edge/http_sender/curl_http_sender.h"
#include "edge/http_sender/internal/tls_roots.h"

namespace sealpost {

struct Outlet {
  std::optional<SocketAddress> proxy;
  std::unique_ptr<const TlsRoots> roots;  // never null

  // Null when the CA file can't be read or holds no certificate.
  static std::shared_ptr<const Outlet> create(const HttpSenderOutlet& settings) {
    auto roots = TlsRoots::create(settings.ca_file);
    if (roots == nullptr) return nullptr;
    return std::make_shared<const Outlet>(Outlet{settings.proxy, std::move(roots)});
  }
};
using OutletPtr = std::shared_ptr<const Outlet>;

}  // namespace sealpost
