// Keeps a second process away from the database: an advisory lock on a file beside it, held for the life of
// the object.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/store/reader.h"

namespace sealpost::store_sqlite {

class FileLock final {
 public:
  // InUse when another process, or another store of this one, holds it.
  static StoreResult<std::unique_ptr<FileLock>> take(const std::filesystem::path& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// The file exists afterwards, readable and writable by its owner alone. SQLite gives its side files the same
// mode.
StoreResult<void> ensure_private_file(const std::filesystem::path& path);

}  // namespace sealpost::store_sqlite
