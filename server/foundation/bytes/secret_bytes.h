// Bytes that must not leak: wiped when they die, moved but never copied, without a formatter, and
// compared in constant time only. Whoever needs the raw bytes shows a SecretAccess token, which one
// header grants (secret_access.h); a checker lists who may include it.
// One thread at a time per object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "foundation/bytes/bytes.h"

namespace sealpost {

class SecretAccess;

class SecretBytes final {
 public:
  SecretBytes() = default;
  // Copies `bytes` into storage that is wiped at the end. The caller wipes its own copy.
  static SecretBytes copy_of(ByteView bytes) { return SecretBytes(Bytes(bytes.begin(), bytes.end())); }
  // Takes the vector's storage over; nothing is left behind.
  static SecretBytes take(Bytes&& bytes) { return SecretBytes(std::move(bytes)); }

  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(); }

  // A second holder on purpose: named, so that a review can find it.
  [[nodiscard]] SecretBytes clone() const { return copy_of(bytes_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool equals(ByteView other) const { return constant_time_equal(bytes_, other); }
  [[nodiscard]] bool equals(const SecretBytes& other) const { return equals(ByteView(other.bytes_)); }
  [[nodiscard]] ByteView reveal(const SecretAccess&) const { return bytes_; }

  bool operator==(const SecretBytes&) const = delete;

 private:
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  void wipe() noexcept;
  Bytes bytes_;
};

// Overwrites memory in a way the compiler may not drop.
void wipe_memory(void* data, std::size_t size) noexcept;

}  // namespace sealpost
