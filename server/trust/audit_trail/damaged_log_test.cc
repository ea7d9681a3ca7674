// What reading and verifying say of records and logs that somebody has changed, or that can't be opened.
#include <gtest/gtest.h>

#include "trust/audit_trail/record_body.h"
#include "trust/audit_trail/testing/audit_world.h"
#include "trust/vault/data_key_record.h"
#include "trust/vault/object_tag.h"

namespace sealpost {
namespace {

using Command = ScriptedStore::Command;

Bytes body_of(const std::vector<SealedGroup>& groups) {
  Bytes body = begin_body(groups.size());
  for (const SealedGroup& group : groups) append_group(body, group);
  return body;
}

class DamagedLogTest : public AuditWorld {
 protected:
  // Opens the record after this edit of its row.
  std::optional<AuditError> opened_after(std::function<void(AuditRow&)> edit) {
    tamper({.audit_row = std::move(edit)});
    const auto record = open(0);
    mend();
    return record.ok() ? std::nullopt : std::optional(record.error());
  }
  std::optional<AuditError> opened_with_groups(std::function<void(std::vector<SealedGroup>&)> edit) {
    return opened_after([&](AuditRow& row) {
      auto groups = *parse_body(row.body);
      edit(groups);
      row.body = body_of(groups);
    });
  }
  DataKeyId key_of(std::size_t group) { return *open(0)->groups.at(group).key; }
  // As erasure leaves it: the row stays, its sealed part is gone; and a process that never saw the key.
  void destroy(DataKeyId key) {
    ASSERT_TRUE(change([&](Transaction& transaction) -> StoreResult<void> {
      SEALPOST_TRY(ObjectRow row, transaction.find_object({organization_, Environment::Shared},
                                                          EntityKind::DataKey, key.position));
      ++row.head.version;
      row.sealed.clear();
      return transaction.update_object(stamped(*vault_, std::move(row)));
    }));
    vault_ = std::move(Vault::open(*scripted_, *root_, clock_, entropy_)).value();
    trail_ = open_trail();
  }
  // The lines that verifying tells, and what it counts.
  struct Told {
    std::vector<std::string> lines;
    std::size_t seen = 0;
    AuditTrail::LogVerdict verdict;
  };
  Told verify() {
    Told told;
    const auto verdict = trail_->verify_log(
        organization_, [&](const std::string& line) { told.lines.push_back(line); },
        [&](const OpenedRecord&) { ++told.seen; });
    EXPECT_TRUE(verdict.ok());
    if (verdict) told.verdict = *verdict;
    EXPECT_EQ(told.lines.size(), told.verdict.contradictions);
    return told;
  }
  Told verify(Tampering tampering) {
    tamper(std::move(tampering));
    Told told = verify();
    mend();
    return told;
  }
  // Some line begins so.
  static bool tells(const Told& told, std::string_view beginning) {
    return std::ranges::any_of(told.lines,
                               [&](const std::string& line) { return line.starts_with(beginning); });
  }
};

// ---- One record

TEST_F(DamagedLogTest, ARowThatContradictsItselfIsRefused) {
  append(event(1));
  append(event(2));
  const AuditRow other = row(1);
  EXPECT_EQ(opened_after([](AuditRow&) {}), std::nullopt);
  const std::pair<const char*, std::function<void(AuditRow&)>> edits[] = {
      {"leaf hash", [](AuditRow& row) { row.leaf_hash[5] ^= 1; }},
      {"leaf", [](AuditRow& row) { row.leaf[row.leaf.find("test.happened")] = 'b'; }},
      {"leaf that is none", [](AuditRow& row) { row.leaf = "{}"; }},
      {"another record's leaf",
       [&](AuditRow& row) {
         row.leaf = other.leaf;
         row.leaf_hash = other.leaf_hash;
       }},
      {"another record's row", [&](AuditRow& row) { row = other, row.index = 0; }},
      {"another record's body", [&](AuditRow& row) { row.body = other.body; }},
      {"another place", [](AuditRow& row) { row.index = 1; }},
      {"no body", [](AuditRow& row) { row.body.clear(); }},
      {"a body cut short", [](AuditRow& row) { row.body.pop_back(); }},
      {"octets behind the body", [](AuditRow& row) { row.body.push_back(0); }},
  };
  for (const auto& [name, edit] : edits) EXPECT_EQ(opened_after(edit), AuditError::Damaged) << name;
}

TEST_F(DamagedLogTest, AGroupThatWasTouchedIsRefused) {
  append(event());
  using Groups = std::vector<SealedGroup>;
  const auto foreign = vault_->current_data_key(organization_, RetentionClass::AuditFree);
  const std::pair<const char*, std::function<void(Groups&)>> edits[] = {
      {"commitment", [](Groups& g) { g[0].commitment[0] ^= 1; }},
      {"content", [](Groups& g) { g[1].sealed.back() ^= 1; }},
      {"label", [](Groups& g) { g[0].label = "who"; }},
      {"order", [](Groups& g) { std::swap(g[0], g[1]); }},
      {"a group less", [](Groups& g) { g.pop_back(); }},
      {"a group twice", [](Groups& g) { g.push_back(g.back()); }},
      {"nothing sealed", [](Groups& g) { g[2].sealed.clear(); }},
      {"sealed under a key that the leaf does not name",
       [&](Groups& g) {
         g[0].sealed = foreign->seal(Bytes(40, 1),
                                     {.tenancy = {organization_, Environment::Shared},
                                      .kind = EntityKind::Organization,
                                      .id = organization_.position,
                                      .version = 1,
                                      .field = "audit.what"},
                                     entropy_);
       }},
  };
  for (const auto& [name, edit] : edits) EXPECT_EQ(opened_with_groups(edit), AuditError::Damaged) << name;
}

// Whoever holds the key may seal other content; the commitment in the leaf does not follow.
TEST_F(DamagedLogTest, ContentThatIsNotWhatWasCommittedToIsRefused) {
  append(event());
  const SealContext context{.tenancy = {organization_, Environment::Shared},
                            .kind = EntityKind::Organization,
                            .id = organization_.position,
                            .version = 1,
                            .field = "audit.what"};
  const auto key = vault_->current_data_key(organization_, RetentionClass::AuditWhat);
  for (const std::size_t size : {0U, 31U, 32U, 60U})
    EXPECT_EQ(opened_with_groups([&](std::vector<SealedGroup>& groups) {
                groups[0].sealed = key->seal(Bytes(size, 'x'), context, entropy_);
              }),
              AuditError::Damaged)
        << size;
}

TEST_F(DamagedLogTest, AnErasedGroupShowsItsCommitmentAlone) {
  append(event());
  const auto before = open(0).value();
  destroy(key_of(1));
  const auto after = open(0);
  ASSERT_TRUE(after);
  ASSERT_EQ(after->groups.size(), 3U);
  EXPECT_EQ(after->groups[1].label, "where");
  EXPECT_FALSE(after->groups[1].salt);
  EXPECT_TRUE(after->groups[1].canonical.empty());
  EXPECT_EQ(after->groups[1].commitment, before.groups[1].commitment);
  EXPECT_EQ(after->groups[1].key, before.groups[1].key);
  EXPECT_EQ(after->groups[0].canonical, before.groups[0].canonical);
  EXPECT_EQ(after->groups[2].canonical, before.groups[2].canonical);
  for (const std::size_t group : {0U, 2U}) destroy(*before.groups[group].key);
  const auto bare = open(0);
  ASSERT_TRUE(bare) << "its proof stays valid without any content";
  for (const OpenedGroup& one : bare->groups) EXPECT_FALSE(one.salt);
  const Told told = verify();
  EXPECT_EQ(told.verdict.contradictions, 0U);
  EXPECT_EQ(told.seen, 1U);
}

TEST_F(DamagedLogTest, ACommitmentWithoutContentIsHeldAgainstTheLeafToo) {
  append(event());
  destroy(key_of(1));
  EXPECT_EQ(opened_with_groups([](std::vector<SealedGroup>& g) { g[1].commitment[0] ^= 1; }),
            AuditError::Damaged);
}

TEST_F(DamagedLogTest, WhatCannotBeReadNowIsNotCalledDamaged) {
  append(event());
  scripted_->fail(Command::Read, 1, StoreError::Busy);
  EXPECT_EQ(open(0).error(), AuditError::StoreFailed);
  scripted_->fail(Command::Read, 1, StoreError::Corrupt);
  EXPECT_EQ(open(0).error(), AuditError::Damaged);
  // Days later, in a new process, the keys come from the store: the record is read, then its first key.
  clock_.advance(std::chrono::days(3));
  ASSERT_TRUE(vault_->ensure_data_keys(clock_.wall_now()));
  vault_ = std::move(Vault::open(*scripted_, *root_, clock_, entropy_)).value();
  trail_ = open_trail();
  const int reads = scripted_->seen(Command::Read);
  tampering_ = {};
  scripted_->through = [&](Reader& reader, const Store::Look& look) -> StoreResult<void> {
    if (scripted_->seen(Command::Read) > reads + 1) return fail(StoreError::Busy);
    return look(reader);
  };
  EXPECT_EQ(open(0).error(), AuditError::StoreFailed) << "a key that can't be read now";
  mend();
  EXPECT_TRUE(open(0));
}

// ---- Proofs over changed hashes

TEST_F(DamagedLogTest, ProofsAreNotMadeOfChangedHashes) {
  append_many(300);
  tamper({.tile = [](std::uint32_t level, std::uint64_t, std::vector<Hash256>& hashes) {
    if (level == 0) hashes[2][0] ^= 1;  // the neighbour in the tree
  }});
  EXPECT_EQ(trail_->prove_inclusion(organization_, 3, 300).error(), AuditError::Damaged);
  tamper({.tile = [](std::uint32_t, std::uint64_t, std::vector<Hash256>& hashes) { hashes.clear(); }});
  EXPECT_EQ(trail_->prove_inclusion(organization_, 3, 300).error(), AuditError::Damaged);
  EXPECT_EQ(trail_->prove_consistency(organization_, 100, 300).error(), AuditError::Damaged);
  EXPECT_EQ(trail_->proof_file(organization_, 3).error(), AuditError::Damaged);
  mend();
  for (const StoreError error : {StoreError::Busy, StoreError::Unavailable}) {
    scripted_->fail(Command::Read, 2, error);
    EXPECT_EQ(trail_->prove_inclusion(organization_, 3, 300).error(), AuditError::StoreFailed);
    EXPECT_EQ(trail_->prove_consistency(organization_, 100, 300).error(), AuditError::StoreFailed);
  }
  EXPECT_TRUE(trail_->proof_file(organization_, 3));
}

TEST_F(DamagedLogTest, ACheckpointWhoseNoteIsNoneProvesNothing) {
  append_many(2);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  for (const char* note : {"no note", "origin\n2\nAAAA\n"}) {
    tamper({.checkpoints = [&](std::vector<SignedCheckpoint>& list) {
      for (SignedCheckpoint& one : list) one.note = note;
    }});
    EXPECT_EQ(trail_->proof_file(organization_, 0).error(), AuditError::Damaged) << note;
  }
}

// ---- A whole log

TEST_F(DamagedLogTest, ASoundLogTellsNothingAndCountsEverything) {
  append_many(2);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  append_many(511);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  const Told told = verify();
  EXPECT_TRUE(told.lines.empty());
  EXPECT_EQ(told.verdict.records, 513U);
  EXPECT_EQ(told.seen, 513U);
  EXPECT_EQ(told.verdict.checkpoints, 2U);
  EXPECT_EQ(told.verdict.tiles, 3U) << "two of leaves, and one above them";
}

TEST_F(DamagedLogTest, AnEmptyLogIsSound) {
  ASSERT_TRUE(trail_->checkpoint(organization_));
  const Told told = verify();
  EXPECT_TRUE(told.lines.empty());
  EXPECT_EQ(told.verdict.records, 0U);
  EXPECT_EQ(told.verdict.checkpoints, 1U);
}

TEST_F(DamagedLogTest, EachChangeIsToldByItsColumnAndRow) {
  append_many(5);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  append_many(260);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  const auto at = [](std::uint64_t index, const std::function<void(AuditRow&)>& edit) {
    return Tampering{.audit_row = [index, edit](AuditRow& row) {
      if (row.index == index) edit(row);
    }};
  };
  using Rows = std::vector<AuditRow>;
  using Checkpoints = std::vector<SignedCheckpoint>;
  const std::pair<const char*, Tampering> cases[] = {
      {"audit_record.leaf_hash: record 4 ", at(4, [](AuditRow& row) { row.leaf_hash[0] ^= 1; })},
      {"audit_record.leaf: record 7 ", at(7, [](AuditRow& row) { row.leaf = "{}"; })},
      {"audit_record.body: record 9 ", at(9, [](AuditRow& row) { row.body.back() ^= 1; })},
      {"audit_tile.hashes: level 0 tile 0 ",
       {.tile =
            [](std::uint32_t level, std::uint64_t, std::vector<Hash256>& hashes) {
              if (level == 0) hashes[8][1] ^= 1;
            }}},
      {"audit_tile.hashes: level 1 tile 0 ",
       {.tile =
            [](std::uint32_t level, std::uint64_t, std::vector<Hash256>& hashes) {
              if (level == 1) hashes[0][1] ^= 1;
            }}},
      {"audit_record.id: no record at 6",
       {.audit_rows =
            [](Rows& rows) { std::erase_if(rows, [](const AuditRow& r) { return r.index == 6; }); }}},
      {"audit_record: no record at 260",
       {.audit_rows =
            [](Rows& rows) { std::erase_if(rows, [](const AuditRow& r) { return r.index >= 260; }); }}},
      {"checkpoint.root: the root of the tree of size 5 ",
       {.checkpoints =
            [](Checkpoints& list) {
              for (SignedCheckpoint& one : list)
                if (one.size == 5) one.root[0] ^= 1;
            }}},
      {"checkpoint.note: the signed note of the tree of size 5 ",
       {.checkpoints =
            [](Checkpoints& list) {
              for (SignedCheckpoint& one : list)
                if (one.size == 5) one.note[one.note.size() - 5] ^= 1;
            }}},
      {"checkpoint.size: a tree of size 265 was signed, and only 264 records",
       {.audit_rows =
            [](Rows& rows) { std::erase_if(rows, [](const AuditRow& r) { return r.index == 264; }); },
        .log_size = [](std::uint64_t& size) { size = 264; }}},
  };
  for (const auto& [line, tampering] : cases) {
    SCOPED_TRACE(line);
    const Told told = verify(tampering);
    EXPECT_TRUE(tells(told, line)) << (told.lines.empty() ? "nothing was told" : told.lines.front());
  }
  EXPECT_TRUE(verify().lines.empty());
}

// A leaf that was changed together with its hash is found by the roots that were signed over it.
TEST_F(DamagedLogTest, AWellMadeForgeryIsFoundByWhatWasSigned) {
  append_many(3);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  const Told told = verify({.audit_row = [&](AuditRow& row) {
    if (row.index != 1) return;
    row.leaf[row.leaf.find("test.happened")] = 'n';
    row.leaf_hash = leaf_hash(as_bytes(row.leaf));
  }});
  EXPECT_TRUE(tells(told, "checkpoint.root: the root of the tree of size 3 "));
  EXPECT_EQ(told.seen, 3U) << "in itself the record is sound";
}

TEST_F(DamagedLogTest, ACheckpointWithoutANoteIsACrashAndNoContradiction) {
  append_many(2);
  scripted_->before_transaction = [&] {
    scripted_->before_transaction = [&] { scripted_->fail(Command::Transact, 1, StoreError::Full); };
  };
  ASSERT_FALSE(trail_->checkpoint(organization_));
  const Told told = verify();
  EXPECT_EQ(told.verdict.checkpoints, 1U);
  EXPECT_TRUE(told.lines.empty());
}

TEST_F(DamagedLogTest, AStoreThatFailsIsNoVerdict) {
  append_many(2);
  ASSERT_TRUE(trail_->verifier_key(organization_));
  const auto nothing = [](const std::string&) {};
  for (const auto& [error, told] : {std::pair{StoreError::Busy, AuditError::StoreFailed},
                                    std::pair{StoreError::Corrupt, AuditError::Damaged}}) {
    scripted_->fail(Command::Read, 1, error);
    EXPECT_EQ(trail_->verify_log(organization_, nothing).error(), told);
    int reads = 0;
    scripted_->through = [&](Reader& reader, const Store::Look& look) -> StoreResult<void> {
      if (++reads == 2) return fail(error);
      return look(reader);
    };
    EXPECT_EQ(trail_->verify_log(organization_, nothing).error(), told) << "the checkpoints";
    mend();
  }
  EXPECT_EQ(trail_->verify_log({42}, nothing).error(), AuditError::NotFound);
}

// ---- Drafts

TEST_F(DamagedLogTest, WithoutTheKeysOfTheDayNothingIsDrafted) {
  clock_.advance(std::chrono::days(3));
  EXPECT_EQ(trail_->draft(event()).error(), AuditError::KeyUnavailable);
  ASSERT_TRUE(vault_->ensure_data_keys(clock_.wall_now()));
  EXPECT_TRUE(trail_->draft(event()));
}

TEST_F(DamagedLogTest, DraftsNeedNoStore) {
  store_->close();
  EXPECT_TRUE(trail_->draft(event()));
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::StoreFailed);
}

TEST_F(DamagedLogTest, EachGroupIsSealedUnderTheKeyOfItsClass) {
  AuditEvent all("test.happened", {organization_, Environment::Live}, clock_.wall_now());
  for (const AuditGroup group : kAuditGroups) all.in(group).add("a", "b");
  append(all);
  const auto record = open(0);
  ASSERT_TRUE(record);
  ASSERT_EQ(record->groups.size(), kAuditGroups.size());
  for (std::size_t i = 0; i < kAuditGroups.size(); ++i) {
    EXPECT_EQ(record->groups[i].label, label_of(kAuditGroups[i]));
    EXPECT_EQ(record->groups[i].key,
              vault_->current_data_key(organization_, retention_of(kAuditGroups[i]))->id());
  }
}

TEST_F(DamagedLogTest, FieldsOutsideTheirFormAreRefusedInEveryGroup) {
  for (const AuditGroup group : kAuditGroups) {
    AuditEvent bad = event();
    bad.in(group).add(FieldName::of("Upper Case Key"), "x");
    EXPECT_EQ(trail_->draft(bad).error(), AuditError::BadField) << label_of(group);
    AuditEvent no_text = event();
    no_text.in(group).add("text", "\xff\xfe");
    EXPECT_EQ(trail_->draft(no_text).error(), AuditError::BadField) << label_of(group);
  }
  AuditEvent bad_class("Not A Class", {organization_, Environment::Test}, clock_.wall_now());
  bad_class.who().add("actor", "x");
  EXPECT_EQ(trail_->draft(bad_class).error(), AuditError::BadField);
}

}  // namespace
}  // namespace sealpost
