// Throw-away certificates for tests: self-signed P-256, for localhost, valid for a day.
#pragma once

#include <filesystem>

namespace sealpost {

// Writes PEM files; the key file gets mode 0600.
void write_test_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                            long serial);

}  // namespace sealpost
