#include "foundation/bytes/secret_bytes.h"

#include <cstring>

namespace sealpost {

void wipe_memory(void* data, std::size_t size) noexcept {
  if (size > 0) ::explicit_bzero(data, size);
}

void SecretBytes::wipe() noexcept { wipe_memory(bytes_.data(), bytes_.size()); }

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

}  // namespace sealpost
