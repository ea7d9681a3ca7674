// The release and the libraries it runs with. Thread-safe.
#pragma once

#include <string_view>

namespace sealpost {

inline constexpr std::string_view kVersion = SEALPOST_VERSION_TEXT;

// One JSON line on stdout.
void print_version();

}  // namespace sealpost
