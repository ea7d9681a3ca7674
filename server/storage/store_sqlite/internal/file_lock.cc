#include "storage/store_sqlite/internal/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sealpost::store_sqlite {
namespace {

int open_private(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

}  // namespace

StoreResult<std::unique_ptr<FileLock>> FileLock::take(const std::filesystem::path& path) {
  const int fd = open_private(path);
  if (fd < 0) return fail(errno == ENOSPC ? StoreError::Full : StoreError::Unavailable);
  std::unique_ptr<FileLock> lock(new FileLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return fail(errno == EWOULDBLOCK ? StoreError::InUse : StoreError::Unavailable);
  return lock;
}

FileLock::~FileLock() { ::close(fd_); }

StoreResult<void> ensure_private_file(const std::filesystem::path& path) {
  const int fd = open_private(path);
  if (fd < 0) return fail(errno == ENOSPC ? StoreError::Full : StoreError::Unavailable);
  const bool good = ::fchmod(fd, 0600) == 0;
  ::close(fd);
  if (!good) return fail(StoreError::Unavailable);
  return {};
}

}  // namespace sealpost::store_sqlite
