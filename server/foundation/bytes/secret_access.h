// The right to read the raw bytes of a secret. Few files may include this header; tools/ holds the
// list and fails on any other. Making the token is free: the point is that every use can be found.
#pragma once

namespace sealpost {

class SecretAccess final {
 public:
  // `reason` says, for the reader, why these bytes must be seen here.
  explicit constexpr SecretAccess(const char* reason) : reason_(reason) {}
  [[nodiscard]] constexpr const char* reason() const { return reason_; }

 private:
  const char* reason_;
};

}  // namespace sealpost
