#include "sealpost/secret.h"

#include <ostream>
#include <utility>

#include "foundation/bytes/secret_access.h"
#include "foundation/bytes/secret_bytes.h"

namespace sealpost::sdk {

struct Secret::Storage {
  SecretBytes bytes;
};

Secret::Secret(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
Secret::Secret(Secret&&) noexcept = default;
Secret& Secret::operator=(Secret&&) noexcept = default;
Secret::~Secret() = default;

Secret Secret::copy_of(std::string_view text) {
  return Secret(std::make_unique<Storage>(Storage{SecretBytes::copy_of(as_bytes(text))}));
}

Secret Secret::take(std::string&& text) {
  Secret secret = copy_of(text);
  wipe_memory(text.data(), text.size());
  text.clear();
  return secret;
}

std::size_t Secret::size() const { return storage_ ? storage_->bytes.size() : 0; }

std::string_view Secret::reveal_secret_text() const {
  if (!storage_) return {};
  return as_text(storage_->bytes.reveal(SecretAccess("the caller asked for the text by its long name")));
}

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "[secret]"; }

}  // namespace sealpost::sdk
