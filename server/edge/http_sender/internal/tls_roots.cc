#include "edge/http_sender/internal/tls_roots.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace sealpost {

std::unique_ptr<TlsRoots> TlsRoots::create(const std::filesystem::path& ca_file) {
  X509_STORE* store = X509_STORE_new();
  if (store == nullptr) return nullptr;
  std::unique_ptr<TlsRoots> roots(new TlsRoots(store));
  if (ca_file.empty()) {
    if (X509_STORE_set_default_paths(store) != 1) return nullptr;
    return roots;
  }
  if (X509_STORE_load_file(store, ca_file.c_str()) != 1) return nullptr;
  // A company may hand out its issuing CA without the root above it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return roots;
}

TlsRoots::~TlsRoots() { X509_STORE_free(static_cast<X509_STORE*>(store_)); }

void TlsRoots::install(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &TlsRoots::on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, const_cast<TlsRoots*>(this));
}

CURLcode TlsRoots::on_context(CURL*, void* context, void* self) {
  auto* store = static_cast<X509_STORE*>(static_cast<TlsRoots*>(self)->store_);
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), store);
  return CURLE_OK;
}

}  // namespace sealpost
