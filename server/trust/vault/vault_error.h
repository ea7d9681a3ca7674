// Why the vault could not do what it was asked.
#pragma once

#include <cstdint>

namespace sealpost {

enum class VaultError : std::uint8_t {
  KeyUnavailable,  // not in memory (yet), or its provider doesn't answer: answer 503
  Destroyed,       // the key is gone, and what it sealed with it
  Tampered,        // doesn't open: changed, moved to another record, or sealed under another key
  WrongRootKey,    // this root key did not seal this installation
  Malformed,       // too short or of a form unknown here
  StoreFailed,     // the store could not be read or written
};

}  // namespace sealpost
