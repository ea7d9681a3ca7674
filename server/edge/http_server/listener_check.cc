#include "edge/http_server/listener_check.h"

#include "edge/http_server/internal/listening.h"
#include "edge/http_server/internal/tls.h"

namespace sealpost {

Result<void, HttpServerError> check_tls_files(const std::filesystem::path& certificate,
                                              const std::filesystem::path& key) {
  HttpListener listener{.kind = HttpListener::Kind::TlsTcp};
  listener.certificate = certificate;
  listener.private_key = key;
  SEALPOST_TRY_VOID(http_internal::make_tls_context(listener));
  return {};
}

Result<void, HttpServerError> check_place(const HttpListener& listener) {
  return listener.kind == HttpListener::Kind::Unix ? http_internal::try_unix(listener)
                                                   : http_internal::try_tcp(listener);
}

}  // namespace sealpost
