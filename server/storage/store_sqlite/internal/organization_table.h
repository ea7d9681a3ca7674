// What the writer must know of every organization without asking the database: the epoch of its access and
// the size of its log. Values change in three rings: an element changes its own, `keep_element` makes them
// the batch's, and `keep_batch` runs after the commit. Whoever rolls back, forgets. Writer thread only.
#pragma once

#include <unordered_map>
#include <vector>

#include "storage/store_sqlite/internal/database.h"

namespace sealpost::store_sqlite {

struct OrganizationState {
  std::uint64_t log_number = 0;
  std::uint64_t log_size = 0;
  std::uint64_t epoch = 0;
};

class OrganizationTable final {
 public:
  static StoreResult<OrganizationTable> load(Database& database);

  [[nodiscard]] const OrganizationState& see(OrganizationId organization) {
    return entry(organization).element;
  }
  // For changing within the running element.
  [[nodiscard]] OrganizationState& change(OrganizationId organization);

  void keep_element();
  void drop_element();
  // Writes the logs' new sizes; belongs to the transaction.
  StoreResult<void> store_batch(Database& database);
  // Returns the logs that grew.
  std::vector<OrganizationId> keep_batch();

 private:
  struct Entry {
    OrganizationState committed, batch, element;
    bool in_element = false, in_batch = false;
  };
  Entry& entry(OrganizationId organization);

  std::unordered_map<Position, Entry> entries_;
  std::uint64_t next_log_number_ = 1;
  std::vector<std::pair<Position, Entry*>> element_;  // map nodes do not move
  std::vector<std::pair<Position, Entry*>> batch_;
};

}  // namespace sealpost::store_sqlite
