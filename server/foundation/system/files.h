// The few things we do to files by hand: private files written whole or not at all, and read under a bound.
// Thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "foundation/bytes/bytes.h"
#include "foundation/result/result.h"

namespace sealpost {

enum class FileError : std::uint8_t {
  NotFound,
  Exists,       // create_private_file() found something there
  TooLarge,     // more than the caller's bound
  Permissions,  // readable or writable by others
  Io,
};

// Reads a regular file of at most `max_bytes`.
Result<Bytes, FileError> read_file(const std::filesystem::path& path, std::size_t max_bytes);
// The same, refused when group or others may read or write it (a key file must be 0600 or stricter).
Result<Bytes, FileError> read_private_file(const std::filesystem::path& path, std::size_t max_bytes);
// Creates with mode 0600 and O_EXCL, syncs the file and its directory.
Result<void, FileError> create_private_file(const std::filesystem::path& path, ByteView content);
// Replaces by write to a sibling, sync, rename, sync of the directory: a crash leaves the old or the new.
Result<void, FileError> replace_private_file(const std::filesystem::path& path, ByteView content);
// Creates one directory with mode 0700; an existing one must not be open to others.
Result<void, FileError> create_private_directory(const std::filesystem::path& path);

}  // namespace sealpost
