#include "storage/store_sqlite/testing/power_cut_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <vector>

namespace sealpost {
namespace {

struct Change {
  sqlite3_int64 offset = 0;
  std::vector<char> before;  // what was there
  std::vector<char> after;   // empty for a truncation
  sqlite3_int64 size_before = 0;
};

struct State {
  std::mutex mutex;
  std::map<std::string, std::vector<Change>> unsynced;
  std::uint64_t operations = 0;
  std::uint64_t fault_at = 0;
  PowerCutVfs::Fault fault = PowerCutVfs::Fault::Cut;
  bool dark = false;
  PowerCutVfs::Overwrites overwrites = PowerCutVfs::Overwrites::Unsafe;
};

State& state() {
  static State instance;
  return instance;
}

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const real = sqlite3_vfs_find("unix");
  return real;
}

struct File {
  sqlite3_file base;
  std::string* name;
  sqlite3_file* real;
};
File* own(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return own(file)->real; }

enum class Operation : std::uint8_t { Write, Other };

// The lock is held.
std::optional<int> fault_now(Operation operation) {
  State& now = state();
  if (now.dark) return SQLITE_IOERR;
  ++now.operations;
  if (now.fault_at == 0 || now.operations < now.fault_at) return std::nullopt;
  if (now.fault == PowerCutVfs::Fault::Full && operation != Operation::Write) return std::nullopt;
  now.fault_at = 0;
  switch (now.fault) {
    case PowerCutVfs::Fault::Cut:
      now.dark = true;
      return SQLITE_IOERR;
    case PowerCutVfs::Fault::Full:
      return SQLITE_FULL;
    case PowerCutVfs::Fault::WriteError:
      return SQLITE_IOERR_WRITE;
    case PowerCutVfs::Fault::SyncError:
      return SQLITE_IOERR_FSYNC;
  }
  return SQLITE_IOERR;
}

sqlite3_int64 size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  return size;
}

std::vector<char> content(sqlite3_file* file, sqlite3_int64 offset, sqlite3_int64 length) {
  const sqlite3_int64 there = std::max<sqlite3_int64>(std::min(length, size_of(file) - offset), 0);
  std::vector<char> bytes(static_cast<std::size_t>(there));
  if (there > 0) real(file)->pMethods->xRead(real(file), bytes.data(), static_cast<int>(there), offset);
  return bytes;
}

int close_file(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  std::free(own(file)->real);
  delete own(file)->name;
  return code;
}
int read_file_at(sqlite3_file* file, void* into, int length, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), into, length, offset);
}
int write_file(sqlite3_file* file, const void* from, int length, sqlite3_int64 offset) {
  const std::scoped_lock lock(state().mutex);
  if (const auto fault = fault_now(Operation::Write)) return *fault;
  const auto* bytes = static_cast<const char*>(from);
  state().unsynced[*own(file)->name].push_back(
      {offset, content(file, offset, length), std::vector<char>(bytes, bytes + length), size_of(file)});
  return real(file)->pMethods->xWrite(real(file), from, length, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const std::scoped_lock lock(state().mutex);
  if (const auto fault = fault_now(Operation::Other)) return *fault;
  const sqlite3_int64 before = size_of(file);
  state().unsynced[*own(file)->name].push_back({size, content(file, size, before - size), {}, before});
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  const std::scoped_lock lock(state().mutex);
  if (const auto fault = fault_now(Operation::Other)) return *fault;
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) state().unsynced.erase(*own(file)->name);
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_reserved(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
// No promise of atomic or ordered writes: SQLite must not lean on what this disk does not do.
int characteristics(sqlite3_file*) {
  return state().overwrites == PowerCutVfs::Overwrites::Safe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** into) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, into);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = {2,           close_file,  read_file_at,    write_file,  truncate_file,
                                     sync_file,   file_size,   lock_file,       unlock_file, check_reserved,
                                     control,     sector_size, characteristics, shm_map,     shm_lock,
                                     shm_barrier, shm_unmap,   nullptr,         nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = own(file);
  mine->base.pMethods = nullptr;
  mine->real = static_cast<sqlite3_file*>(std::calloc(1, static_cast<std::size_t>(real_vfs()->szOsFile)));
  if (mine->real == nullptr) return SQLITE_NOMEM;
  const int code = real_vfs()->xOpen(real_vfs(), name, mine->real, flags, out_flags);
  if (code != SQLITE_OK) {
    std::free(mine->real);
    return code;
  }
  mine->name = new std::string(name == nullptr ? "" : name);
  mine->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_directory) {
  const std::scoped_lock lock(state().mutex);
  if (state().dark) return SQLITE_IOERR;
  state().unsynced.erase(name);
  return real_vfs()->xDelete(real_vfs(), name, sync_directory);
}

void apply(const std::string& name, const std::vector<Change>& changes, std::mt19937_64& draw) {
  {
    std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
    for (auto change = changes.rbegin(); file && change != changes.rend(); ++change) {
      file.seekp(change->offset);
      file.write(change->before.data(), static_cast<std::streamsize>(change->before.size()));
      file.flush();
      std::filesystem::resize_file(name, static_cast<std::uintmax_t>(change->size_before));
    }
    for (const Change& change : changes) {
      if (change.after.empty() || draw() % 2 == 0) continue;
      // A torn write: its beginning reached the disk.
      const std::size_t kept = draw() % 4 == 0 ? change.after.size() / 2 : change.after.size();
      file.seekp(change.offset);
      file.write(change.after.data(), static_cast<std::streamsize>(kept));
      file.flush();
    }
  }
}

}  // namespace

PowerCutVfs::PowerCutVfs(Overwrites overwrites) {
  sqlite3_initialize();
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *real_vfs();
    made.zName = kName;
    made.szOsFile = sizeof(File);
    made.pNext = nullptr;
    made.xOpen = open_file;
    made.xDelete = delete_file;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  const std::scoped_lock lock(state().mutex);
  state().overwrites = overwrites;
  state().unsynced.clear();
  state().dark = false;
  state().fault_at = 0;
  state().operations = 0;
}

PowerCutVfs::~PowerCutVfs() { sqlite3_vfs_unregister(sqlite3_vfs_find(kName)); }

void PowerCutVfs::fail_at(std::uint64_t operation, Fault fault) {
  const std::scoped_lock lock(state().mutex);
  state().fault_at = state().operations + operation;
  state().fault = fault;
}

std::uint64_t PowerCutVfs::operations() const {
  const std::scoped_lock lock(state().mutex);
  return state().operations;
}

bool PowerCutVfs::fault_came() const {
  const std::scoped_lock lock(state().mutex);
  return state().fault_at == 0;
}

void PowerCutVfs::lose_unsynced(std::uint64_t seed) {
  const std::scoped_lock lock(state().mutex);
  std::mt19937_64 draw(seed);
  for (const auto& [name, changes] : state().unsynced)
    if (std::filesystem::exists(name)) apply(name, changes, draw);
  state().unsynced.clear();
  state().dark = false;
  state().fault_at = 0;
}

}  // namespace sealpost
