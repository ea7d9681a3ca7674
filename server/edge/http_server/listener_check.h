// What HttpServer::start() would refuse a listener for, asked without serving anybody: for commands that
// look. Nothing is changed. Thread-safe.
#pragma once

#include <filesystem>

#include "edge/http_server/http_server.h"

namespace sealpost {

// Loads both as a listener would: PEM, the key closed to others and the certificate's. The detail names the
// file.
Result<void, HttpServerError> check_tls_files(const std::filesystem::path& certificate,
                                              const std::filesystem::path& key);

// TCP: the address is bound for a moment and not listened on. Unix: the directory and what lies at the path
// are looked at; a listener that lives there is refused, so ask while the server is not running.
Result<void, HttpServerError> check_place(const HttpListener& listener);

}  // namespace sealpost
