// The certificates we trust receivers by, loaded once: libcurl would read the file again for each pool.
// Immutable after create(); the sender's thread installs it.
#pragma once

#include <curl/curl.h>

#include <filesystem>
#include <memory>

namespace sealpost {

class TlsRoots final {
 public:
  // Empty path: the system's store. Null when the file can't be read or holds no certificate.
  static std::unique_ptr<TlsRoots> create(const std::filesystem::path& ca_file);
  ~TlsRoots();
  TlsRoots(const TlsRoots&) = delete;
  TlsRoots& operator=(const TlsRoots&) = delete;

  void install(CURL* easy) const;

 private:
  explicit TlsRoots(void* store) : store_(store) {}
  static CURLcode on_context(CURL* easy, void* context, void* self);
  void* store_;  // X509_STORE
};

}  // namespace sealpost
