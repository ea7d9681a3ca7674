#include "storage/store_sqlite/internal/wal_gathering.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {
namespace {

// SQLite's own file system takes fewer than 128 KiB at once and, asked for more, writes what is left after
// dividing.
constexpr std::size_t kMostWritten = std::size_t{64} * 1024;
constexpr std::size_t kMostHeld = std::size_t{512} * 1024;

// SQLite gives the memory, zeroed; the file below lies behind this one.
struct LogFile {
  sqlite3_file base;
  sqlite3_file* below;
  std::vector<char>* held;  // what is not written yet
  sqlite3_int64 begin;      // where it belongs
  bool direct;
  bool spoilt;
};

// SQLite aligns what it gives to eight octets.
static_assert(alignof(LogFile) <= 8 && sizeof(LogFile) % 8 == 0);

LogFile& own(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }
sqlite3_file* below(sqlite3_file* file) { return own(file).below; }

int write_held(LogFile& log) {
  if (log.spoilt) return SQLITE_IOERR_WRITE;
  int code = SQLITE_OK;
  for (std::size_t at = 0; at < log.held->size() && code == SQLITE_OK; at += kMostWritten) {
    const auto size = static_cast<int>(std::min(kMostWritten, log.held->size() - at));
    code = log.below->pMethods->xWrite(log.below, log.held->data() + at, size,
                                       log.begin + static_cast<sqlite3_int64>(at));
  }
  log.held->clear();
  log.spoilt = code != SQLITE_OK;
  return code;
}

int close_file(sqlite3_file* file) {
  LogFile& log = own(file);
  // Whatever is held belongs to no commit.
  delete log.held;
  log.held = nullptr;
  return log.below->pMethods->xClose(log.below);
}

int read_file_at(sqlite3_file* file, void* into, int length, sqlite3_int64 offset) {
  LogFile& log = own(file);
  if (!log.held->empty() && offset + length > log.begin) {
    if (const int code = write_held(log); code != SQLITE_OK) return code;
  }
  return log.below->pMethods->xRead(log.below, into, length, offset);
}

int write_file(sqlite3_file* file, const void* from, int length, sqlite3_int64 offset) {
  LogFile& log = own(file);
  if (log.spoilt) return SQLITE_IOERR_WRITE;
  if (log.direct) return log.below->pMethods->xWrite(log.below, from, length, offset);
  const auto size = static_cast<std::size_t>(length);
  const bool follows = offset == log.begin + static_cast<sqlite3_int64>(log.held->size());
  if (!log.held->empty() && (!follows || log.held->size() + size > kMostHeld)) {
    if (const int code = write_held(log); code != SQLITE_OK) return code;
  }
  if (log.held->empty()) log.begin = offset;
  const char* bytes = static_cast<const char*>(from);
  try {
    log.held->insert(log.held->end(), bytes, bytes + size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = write_held(own(file)); code != SQLITE_OK) return code;
  return below(file)->pMethods->xTruncate(below(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
  if (const int code = write_held(own(file)); code != SQLITE_OK) return code;
  return below(file)->pMethods->xSync(below(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = write_held(own(file)); code != SQLITE_OK) return code;
  return below(file)->pMethods->xFileSize(below(file), size);
}

int lock_file(sqlite3_file* file, int level) { return below(file)->pMethods->xLock(below(file), level); }
int unlock_file(sqlite3_file* file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
int check_reserved(sqlite3_file* file, int* out) {
  return below(file)->pMethods->xCheckReservedLock(below(file), out);
}
int control(sqlite3_file* file, int what, void* argument) {
  return below(file)->pMethods->xFileControl(below(file), what, argument);
}
int sector_size(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
int characteristics(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }

// A log is never mapped and holds no shared memory: those belong to the database file.
const sqlite3_io_methods kMethods = {1,         close_file,  read_file_at,    write_file,  truncate_file,
                                     sync_file, file_size,   lock_file,       unlock_file, check_reserved,
                                     control,   sector_size, characteristics, nullptr,     nullptr,
                                     nullptr,   nullptr,     nullptr,         nullptr};

sqlite3_vfs* vfs_below(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const lower = vfs_below(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return lower->xOpen(lower, name, file, flags, out_flags);
  LogFile& log = own(file);
  log.base.pMethods = nullptr;
  log.below = reinterpret_cast<sqlite3_file*>(&log + 1);
  log.below->pMethods = nullptr;
  if (const int code = lower->xOpen(lower, name, log.below, flags, out_flags); code != SQLITE_OK) return code;
  const int promises = log.below->pMethods->xDeviceCharacteristics(log.below);
  log.held = new (std::nothrow) std::vector<char>;
  if (log.held == nullptr) {
    log.below->pMethods->xClose(log.below);
    return SQLITE_NOMEM;
  }
  log.begin = 0;
  // Without the promise every write goes through at once.
  log.direct = (promises & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0;
  log.spoilt = false;
  log.base.pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

std::string gathering_vfs(const std::string& below_name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<sqlite3_vfs>> made;
  const std::scoped_lock lock(mutex);
  configure_library();
  sqlite3_vfs* const lower = sqlite3_vfs_find(below_name.empty() ? nullptr : below_name.c_str());
  if (lower == nullptr) return {};
  static constexpr const char* kPrefix = "sealpost-gathering-";
  const auto [place, fresh] = made.try_emplace(kPrefix + std::string(lower->zName));
  if (fresh) {
    place->second = std::make_unique<sqlite3_vfs>(*lower);
    sqlite3_vfs& vfs = *place->second;
    vfs.zName = place->first.c_str();
    vfs.szOsFile = static_cast<int>(sizeof(LogFile)) + lower->szOsFile;
    vfs.pNext = nullptr;
    vfs.pAppData = lower;
    vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) return {};
  }
  return place->first;
}

}  // namespace sealpost::store_sqlite
