#include "edge/http_sender/curl_http_sender.h"

#include <curl/curl.h>

#include "edge/http_sender/internal/sender_loop.h"

namespace sealpost {
namespace {

bool curl_is_ready() {
  static const bool kReady = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return kReady;
}

}  // namespace

class CurlHttpSender::Impl final {
 public:
  Impl(HttpSenderOptions options, const Clock& clock, std::unique_ptr<SocketWatch> sockets, OutletPtr outlet)
      : loop(std::move(options), clock, std::move(sockets), std::move(outlet)) {}
  SenderLoop loop;
};

Result<std::unique_ptr<CurlHttpSender>, HttpSenderError> CurlHttpSender::create(HttpSenderOptions options,
                                                                                const Clock& clock) {
  if (!curl_is_ready()) return fail(HttpSenderError::System);
  auto sockets = SocketWatch::create();
  if (sockets == nullptr) return fail(HttpSenderError::System);
  auto outlet = Outlet::create(options.outlet);
  if (outlet == nullptr) return fail(HttpSenderError::Tls);
  auto impl = std::make_unique<Impl>(std::move(options), clock, std::move(sockets), std::move(outlet));
  return std::unique_ptr<CurlHttpSender>(new CurlHttpSender(std::move(impl)));
}

CurlHttpSender::CurlHttpSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlHttpSender::~CurlHttpSender() = default;

Result<void, SubmitError> CurlHttpSender::submit(OutboundRequest&& request, Completion done) {
  return impl_->loop.submit(std::move(request), std::move(done));
}
void CurlHttpSender::abort(const Tenancy& tenancy, SendTag tag) { impl_->loop.abort(tenancy, tag); }
void CurlHttpSender::abort_organization(OrganizationId organization, AbortReport report) {
  impl_->loop.abort_organization(organization, std::move(report));
}
Result<void, HttpSenderError> CurlHttpSender::replace_outlet(const HttpSenderOutlet& outlet) {
  auto made = Outlet::create(outlet);
  if (made == nullptr) return fail(HttpSenderError::Tls);
  impl_->loop.replace_outlet(std::move(made));
  return {};
}
void CurlHttpSender::stop() { impl_->loop.stop(); }
HttpSenderStats CurlHttpSender::stats() const { return impl_->loop.stats(); }

}  // namespace sealpost
