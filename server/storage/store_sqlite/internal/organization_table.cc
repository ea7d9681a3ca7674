#include "storage/store_sqlite/internal/organization_table.h"

#include <algorithm>

namespace sealpost::store_sqlite {

StoreResult<OrganizationTable> OrganizationTable::load(Database& database) {
  OrganizationTable table;
  auto logs = database.query("SELECT organization, number, size FROM audit_log");
  for (;;) {
    SEALPOST_TRY(const bool row, logs.step());
    if (!row) break;
    Entry& entry = table.entries_[logs.integer(0)];
    entry.committed.log_number = logs.integer(1);
    entry.committed.log_size = logs.integer(2);
    table.next_log_number_ = std::max(table.next_log_number_, logs.integer(1) + 1);
  }
  auto epochs = database.query("SELECT organization, value FROM epoch");
  for (;;) {
    SEALPOST_TRY(const bool row, epochs.step());
    if (!row) break;
    table.entries_[epochs.integer(0)].committed.epoch = epochs.integer(1);
  }
  for (auto& [organization, entry] : table.entries_) entry.batch = entry.element = entry.committed;
  return table;
}

// A number once given to a log stays its own, even when the record that asked for it was rolled back.
OrganizationTable::Entry& OrganizationTable::entry(OrganizationId organization) {
  Entry& found = entries_[organization.position];
  if (found.element.log_number == 0)
    found.committed.log_number = found.batch.log_number = found.element.log_number = next_log_number_++;
  return found;
}

OrganizationState& OrganizationTable::change(OrganizationId organization) {
  Entry& found = entry(organization);
  if (!found.in_element) {
    found.in_element = true;
    element_.emplace_back(organization.position, &found);
  }
  return found.element;
}

void OrganizationTable::keep_element() {
  for (const auto& [organization, entry] : element_) {
    entry->batch = entry->element;
    entry->in_element = false;
    if (!entry->in_batch) {
      entry->in_batch = true;
      batch_.emplace_back(organization, entry);
    }
  }
  element_.clear();
}

void OrganizationTable::drop_element() {
  for (const auto& [organization, entry] : element_) {
    entry->element = entry->batch;
    entry->in_element = false;
  }
  element_.clear();
}

StoreResult<void> OrganizationTable::store_batch(Database& database) {
  for (const auto& [organization, entry] : batch_) {
    if (entry->batch.log_size == entry->committed.log_size) continue;
    SEALPOST_TRY_VOID(database
                          .query("INSERT INTO audit_log (organization, number, size) VALUES (?, ?, ?)"
                                 " ON CONFLICT (organization) DO UPDATE SET size = excluded.size",
                                 organization, entry->batch.log_number, entry->batch.log_size)
                          .run());
  }
  return {};
}

std::vector<OrganizationId> OrganizationTable::keep_batch() {
  std::vector<OrganizationId> grown;
  for (const auto& [organization, entry] : batch_) {
    if (entry->batch.log_size != entry->committed.log_size) grown.push_back({organization});
    entry->committed = entry->batch;
    entry->in_batch = false;
  }
  batch_.clear();
  return grown;
}

}  // namespace sealpost::store_sqlite
