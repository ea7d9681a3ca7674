// Whether the sender could trust receivers by a file of certificates: for commands that look and send
// nothing. Pure but for reading the file.
#pragma once

#include <filesystem>

namespace sealpost {

// False when it can't be read or holds no certificate in PEM, as CurlHttpSender::create() judges it. There is
// no empty path here, which would stand for the system's certificates.
[[nodiscard]] bool is_ca_file(const std::filesystem::path& path);

}  // namespace sealpost
