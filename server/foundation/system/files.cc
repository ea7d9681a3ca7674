#include "foundation/system/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sealpost {
namespace {

class FileDescriptor final {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

FileError from_errno(int code) {
  if (code == ENOENT) return FileError::NotFound;
  if (code == EEXIST) return FileError::Exists;
  if (code == EACCES || code == EPERM) return FileError::Permissions;
  return FileError::Io;
}

Result<Bytes, FileError> read_bounded(const std::filesystem::path& path, std::size_t max_bytes,
                                      mode_t forbidden) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail(from_errno(errno));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return fail(FileError::Io);
  if ((info.st_mode & forbidden) != 0) return fail(FileError::Permissions);
  Bytes out;
  std::uint8_t block[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(FileError::Io);
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > max_bytes) return fail(FileError::TooLarge);
    out.insert(out.end(), block, block + got);
  }
}

Result<void, FileError> write_all_and_sync(int fd, ByteView content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(FileError::Io);
    content = content.subspan(static_cast<std::size_t>(put));
  }
  if (::fsync(fd) != 0) return fail(FileError::Io);
  return {};
}

Result<void, FileError> sync_directory_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  const FileDescriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return fail(FileError::Io);
  return {};
}

Result<void, FileError> write_new(const std::filesystem::path& path, ByteView content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return fail(from_errno(errno));
  auto written = write_all_and_sync(file.get(), content);
  if (!written.ok()) ::unlink(path.c_str());
  return written;
}

}  // namespace

Result<Bytes, FileError> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  return read_bounded(path, max_bytes, 0);
}
Result<Bytes, FileError> read_private_file(const std::filesystem::path& path, std::size_t max_bytes) {
  return read_bounded(path, max_bytes, S_IRWXG | S_IRWXO);
}

Result<void, FileError> create_private_file(const std::filesystem::path& path, ByteView content) {
  SEALPOST_TRY_VOID(write_new(path, content));
  return sync_directory_of(path);
}

Result<void, FileError> replace_private_file(const std::filesystem::path& path, ByteView content) {
  const std::filesystem::path next = path.string() + ".next";
  ::unlink(next.c_str());
  SEALPOST_TRY_VOID(write_new(next, content));
  if (::rename(next.c_str(), path.c_str()) != 0) return fail(from_errno(errno));
  return sync_directory_of(path);
}

Result<void, FileError> create_private_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_directory_of(path);
  if (errno != EEXIST) return fail(from_errno(errno));
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return fail(FileError::Io);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) return fail(FileError::Permissions);
  return {};
}

}  // namespace sealpost
