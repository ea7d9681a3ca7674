#include "edge/http_server/internal/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string_view>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/system/files.h"

namespace sealpost::http_internal {
namespace {

constexpr std::size_t kLargestPem = 256 * 1024;
constexpr std::string_view kHttp11 = "http/1.1";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;

Failure<HttpServerError> bad(const std::filesystem::path& path, const char* what) {
  ERR_clear_error();
  return fail(
      HttpServerError{.fault = HttpServerFault::BadCertificate, .detail = path.string() + ": " + what});
}

BioPtr memory_bio(ByteView bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// An encrypted key is refused; without this OpenSSL would ask on the terminal.
int no_password(char*, int, int, void*) { return -1; }

// RFC 7301: whoever offers protocols must offer ours.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  for (unsigned at = 0; at < offered_length;) {
    const unsigned length = offered[at];
    if (length + at + 1 > offered_length) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), length);
    if (name == kHttp11) {
      *chosen = offered + at + 1;
      *chosen_length = static_cast<unsigned char>(length);
      return SSL_TLSEXT_ERR_OK;
    }
    at += length + 1;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets need no cache
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  static constexpr std::string_view kContext = "sealpost";
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kContext.data()),
                                        static_cast<unsigned>(kContext.size())) == 1;
}

Result<void, HttpServerError> load_chain(SSL_CTX* context, const std::filesystem::path& path) {
  const auto pem = read_file(path, kLargestPem);
  if (!pem) return bad(path, "the certificate file can't be read");
  const auto bio = memory_bio(*pem);
  const std::unique_ptr<X509, Free> leaf(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return bad(path, "no usable certificate in PEM");
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {  // takes `next` over only when it succeeds
      X509_free(next);
      return bad(path, "the certificate chain is unusable");
    }
  }
  ERR_clear_error();  // the end of the file is reported as an error
  return {};
}

Result<void, HttpServerError> load_key(SSL_CTX* context, const std::filesystem::path& path) {
  auto pem = read_private_file(path, kLargestPem);
  if (!pem) {
    return bad(path, pem.error() == FileError::Permissions ? "the key file is open to others (chmod 600)"
                                                           : "the key file can't be read");
  }
  const auto bio = memory_bio(*pem);
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  wipe_memory(pem->data(), pem->size());
  if (!key) return bad(path, "no usable private key in PEM (an encrypted one is not supported)");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return bad(path, "the private key does not belong to the certificate");
  return {};
}

}  // namespace

Result<TlsContext, HttpServerError> make_tls_context(const HttpListener& listener) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SEALPOST_CHECK(context != nullptr && configure(context.get()));
  SEALPOST_TRY_VOID(load_chain(context.get(), listener.certificate));
  SEALPOST_TRY_VOID(load_key(context.get(), listener.private_key));
  return context;
}

TlsInfo describe_tls(const SSL* session) {
  TlsInfo info;
  info.version = SSL_get_version(session);
  info.cipher = SSL_get_cipher_name(session);
  if (const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)) info.server_name = name;
  return info;
}

}  // namespace sealpost::http_internal
