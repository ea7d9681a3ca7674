// TLS contexts: 1.2 or newer, forward secrecy and authenticated ciphers only, no compression, no
// renegotiation, http/1.1 or nothing by ALPN. A context is immutable once built; a reload builds another.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "edge/http_server/http_server.h"

namespace sealpost::http_internal {

using TlsContext = std::shared_ptr<SSL_CTX>;

Result<TlsContext, HttpServerError> make_tls_context(const HttpListener& listener);
[[nodiscard]] TlsInfo describe_tls(const SSL* session);

}  // namespace sealpost::http_internal
