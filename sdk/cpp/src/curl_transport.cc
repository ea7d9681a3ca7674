#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <utility>

#include "foundation/bytes/secret_bytes.h"
#include "sealpost/transport.h"

namespace sealpost::sdk {
namespace {

struct HandleCloser {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleCloser>;

// A header list whose texts are wiped before they are freed, because one of them is a secret.
class HeaderList final {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    for (curl_slist* entry = list_; entry != nullptr; entry = entry->next)
      wipe_memory(entry->data, std::string_view(entry->data).size());
    curl_slist_free_all(list_);
  }
  [[nodiscard]] bool add(std::string_view name, std::string_view value) {
    std::string line;
    line.reserve(name.size() + value.size() + 2);
    line.append(name).append(": ").append(value);
    curl_slist* const next = curl_slist_append(list_, line.c_str());
    wipe_memory(line.data(), line.size());
    if (next == nullptr) return false;
    list_ = next;
    return true;
  }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

struct Transfer {
  HttpAnswer answer;
  std::size_t max_bytes;
  std::stop_token stop;
  bool too_large = false;
};

constexpr std::size_t kMaxHeaders = 64;
constexpr std::size_t kReserve = 8192;

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.answer.body.size() + size * count > transfer.max_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(data, size * count);
  return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  std::string_view line(data, size * count);
  // An interim answer came before; only the last one counts.
  if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || transfer.answer.headers.size() >= kMaxHeaders) return size * count;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  transfer.answer.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return size * count;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(context)->stop.stop_requested() ? 1 : 0;
}

TransportError to_sdk(CURLcode code, const Transfer& transfer, CURL* handle) {
  if (transfer.too_large) return TransportError::AnswerTooLarge;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return TransportError::NotConnected;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return TransportError::Tls;
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t before_request = 0;
      curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &before_request);
      return before_request == 0 ? TransportError::NotConnected : TransportError::TimedOut;
    }
    case CURLE_ABORTED_BY_CALLBACK:
      return TransportError::Stopped;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return TransportError::ConnectionLost;
    default:
      return TransportError::Failed;
  }
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlOptions options) : options_(std::move(options)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  }

  Outcome<HttpAnswer, TransportError> exchange(const HttpRequest& request,
                                               const std::stop_token& stop) override {
    Handle handle = take();
    if (!handle) return TransportError::Failed;
    Transfer transfer{.answer = {}, .max_bytes = request.max_answer_bytes, .stop = stop};
    // A token that grows would leave copies behind.
    transfer.answer.body.reserve(std::min(request.max_answer_bytes, kReserve));
    HeaderList headers;
    bool complete = true;
    for (const HttpField& header : request.headers)
      complete = complete && headers.add(header.name, header.value);
    if (request.authorization != nullptr)
      complete = complete && headers.add("Authorization", request.authorization->reveal_secret_text());
    complete = complete && headers.add("Expect", "");
    if (!complete || !configure(handle.get(), request, headers.get(), transfer))
      return TransportError::Failed;
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return to_sdk(code, transfer, handle.get());
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.answer.status = static_cast<int>(status);
    // Options point at this call's texts; connections survive the reset.
    curl_easy_reset(handle.get());
    give_back(std::move(handle));
    return std::move(transfer.answer);
  }

 private:
  static constexpr std::size_t kMaxIdle = 16;

  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return Handle(curl_easy_init());
  }
  void give_back(Handle handle) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(handle));
  }

  // A security option that libcurl refuses must not be passed over.
  bool configure(CURL* handle, const HttpRequest& request, curl_slist* headers, Transfer& transfer) const {
    const bool secure = request.url.starts_with("https://");
    bool ok = true;
    const auto set = [&](CURLoption option, auto value) {
      ok = ok && curl_easy_setopt(handle, option, value) == CURLE_OK;
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!secure) set(CURLOPT_NOPROXY, "*");
    // A proxy is shown none of our headers.
    set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    if (!options_.ca_file.empty()) {
      set(CURLOPT_CAINFO, options_.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>((options_.connect_timeout + options_.read_timeout).count()));
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_USERAGENT, "sealpost-sdk-cpp");
    if (request.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    } else {
      set(CURLOPT_HTTPGET, 1L);
    }
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, &transfer);
    return ok;
  }

  const CurlOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

}  // namespace

std::unique_ptr<Transport> make_curl_transport(const CurlOptions& options) {
  return std::make_unique<CurlTransport>(options);
}

}  // namespace sealpost::sdk
