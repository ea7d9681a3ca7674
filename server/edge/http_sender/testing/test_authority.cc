#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <utility>

#include "edge/http_sender/testing/test_http_server.h"
#include "foundation/result/result.h"

namespace sealpost {
namespace {

constexpr long kOneDay = 24 * 3600;

void add_extension(X509* cert, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  SEALPOST_CHECK(extension != nullptr && X509_add_ext(cert, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* make_certificate(EVP_PKEY* key, const std::string& name, long serial) {
  X509* cert = X509_new();
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert), -kOneDay);
  X509_gmtime_adj(X509_getm_notAfter(cert), kOneDay);
  X509_set_pubkey(cert, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return cert;
}

void write_certificate(const std::string& path, X509* cert) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  SEALPOST_CHECK(file != nullptr && PEM_write_X509(file, cert) == 1);
  std::fclose(file);
}

void write_key(const std::string& path, EVP_PKEY* key) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  SEALPOST_CHECK(file != nullptr &&
                 PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(file);
}

}  // namespace

TestAuthority::TestAuthority(std::string folder)
    : folder_(std::move(folder)), ca_file_(folder_ + "/ca.pem"), key_(EVP_EC_gen("P-256")), cert_(nullptr) {
  auto* key = static_cast<EVP_PKEY*>(key_);
  X509* cert = make_certificate(key, "Test authority", 1);
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
  SEALPOST_CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
  write_certificate(ca_file_, cert);
  cert_ = cert;
}

TestAuthority::~TestAuthority() {
  X509_free(static_cast<X509*>(cert_));
  EVP_PKEY_free(static_cast<EVP_PKEY*>(key_));
}

TestHttpServer::Tls TestAuthority::issue(const std::string& name,
                                         const std::string& subject_alternative_name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = make_certificate(key, name, 2);
  X509_set_issuer_name(cert, X509_get_subject_name(static_cast<X509*>(cert_)));
  add_extension(cert, NID_subject_alt_name, subject_alternative_name);
  SEALPOST_CHECK(X509_sign(cert, static_cast<EVP_PKEY*>(key_), EVP_sha256()) > 0);
  TestHttpServer::Tls files{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
  write_certificate(files.certificate_file, cert);
  write_key(files.key_file, key);
  X509_free(cert);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace sealpost
