// A SQLite file system that writes the write-ahead log in few large pieces. SQLite hands over each frame of
// the log as two writes, one of them of 24 octets; a commit of a few hundred frames then costs more in system
// calls than in copying. Here they gather in memory and go out when the log is synced, which comes before
// SQLite tells readers of the commit, or when the same connection reads what it wrote. Everything else goes
// straight to the file system below.
//
// Holds only for connections with synchronous=FULL, where a sync ends each commit, and only for file systems
// that promise not to touch octets beside a write (SQLITE_IOCAP_POWERSAFE_OVERWRITE, which SQLite's own
// promises): without that promise SQLite pads behind the sync, and nothing is gathered. After a failed write
// the file takes no more: what was held could otherwise complete a commit that had been reported as failed.
#pragma once

#include <string>

namespace sealpost::store_sqlite {

// Registers it over the file system of that name (empty: the default one), once per process and name. Returns
// the name to open the writer's connection with; empty when there is no such file system. Thread-safe.
[[nodiscard]] std::string gathering_vfs(const std::string& below);

}  // namespace sealpost::store_sqlite
