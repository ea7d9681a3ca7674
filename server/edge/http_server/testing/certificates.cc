#include "edge/http_server/testing/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>

#include "foundation/result/result.h"

namespace sealpost {

void write_test_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                            long serial) {
  EVP_PKEY* pair = EVP_EC_gen("P-256");
  X509* leaf = X509_new();
  SEALPOST_CHECK(pair != nullptr && leaf != nullptr);
  X509_set_version(leaf, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf), serial);
  X509_gmtime_adj(X509_getm_notBefore(leaf), -3600);
  X509_gmtime_adj(X509_getm_notAfter(leaf), 86400);
  X509_set_pubkey(leaf, pair);
  X509_NAME* name = X509_get_subject_name(leaf);
  const unsigned char common_name[] = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(leaf, name);
  SEALPOST_CHECK(X509_sign(leaf, pair, EVP_sha256()) > 0);
  std::FILE* out = std::fopen(certificate.c_str(), "w");
  SEALPOST_CHECK(out != nullptr && PEM_write_X509(out, leaf) == 1);
  std::fclose(out);
  out = std::fopen(key.c_str(), "w");
  SEALPOST_CHECK(out != nullptr && ::chmod(key.c_str(), 0600) == 0);
  SEALPOST_CHECK(PEM_write_PrivateKey(out, pair, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(out);
  X509_free(leaf);
  EVP_PKEY_free(pair);
}

}  // namespace sealpost
