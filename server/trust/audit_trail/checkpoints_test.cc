// When checkpoints are signed, and when nothing is.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "trust/audit_trail/testing/audit_world.h"

namespace sealpost {
namespace {

using Command = ScriptedStore::Command;

class CheckpointsTest : public AuditWorld {
 protected:
  std::vector<SignedCheckpoint> stored() {
    std::vector<SignedCheckpoint> out;
    EXPECT_TRUE(store_->read([&](Reader& reader) -> StoreResult<void> {
      SEALPOST_TRY(out, reader.checkpoints(organization_, 0, 500));
      return {};
    }));
    return out;
  }
  std::string setting_name() const { return "log_signer/" + std::to_string(organization_.position); }
};

TEST_F(CheckpointsTest, ManyAskersGetOneSignatureForOneSize) {
  append_many(40);
  constexpr int kAskers = 8;
  std::vector<std::string> notes(kAskers);
  {
    std::vector<std::jthread> askers;
    std::atomic<int> ready{0};
    for (int i = 0; i < kAskers; ++i)
      askers.emplace_back([&, i] {
        ++ready;
        while (ready < kAskers) std::this_thread::yield();
        notes[static_cast<std::size_t>(i)] = trail_->checkpoint(organization_).value();
      });
  }
  for (const std::string& note : notes) EXPECT_EQ(note, notes.front());
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].note, notes.front());
}

TEST_F(CheckpointsTest, SizeAndRootAreThereBeforeTheNoteIs) {
  append_many(3);
  std::vector<SignedCheckpoint> between;
  // The first write is of size and root; right before the second, of the note, the first is on disk.
  scripted_->before_transaction = [&] { scripted_->before_transaction = [&] { between = stored(); }; };
  const auto note = trail_->checkpoint(organization_);
  ASSERT_TRUE(note);
  ASSERT_EQ(between.size(), 1U);
  EXPECT_EQ(between[0].size, 3U);
  EXPECT_TRUE(between[0].note.empty());
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].root, between[0].root);
  EXPECT_EQ(stored()[0].note, *note);
}

TEST_F(CheckpointsTest, WhatIsAppendedWhileItIsSignedIsTheNextOnes) {
  append_many(2);
  scripted_->before_transaction = [&] { append_many(1); };
  const auto first = trail_->checkpoint(organization_);
  const auto second = trail_->checkpoint(organization_);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->find("\n2\n"), std::string::npos);
  EXPECT_NE(second->find("\n3\n"), std::string::npos);
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(CheckpointsTest, AStoreThatFailsLeavesNothingSigned) {
  append_many(1);
  scripted_->fail(Command::Read, 1, StoreError::Unavailable);
  EXPECT_EQ(trail_->verifier_key(organization_).error(), AuditError::StoreFailed);
  ASSERT_TRUE(trail_->verifier_key(organization_));
  scripted_->refuse(Command::Read, 1);
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::StoreFailed);
  for (int writes_before = 0; writes_before < 2; ++writes_before) {
    SCOPED_TRACE(writes_before);
    const auto fail_next = [&] { scripted_->fail(Command::Transact, 1, StoreError::Full); };
    if (writes_before == 0) fail_next();
    if (writes_before == 1)
      scripted_->before_transaction = [&] { scripted_->before_transaction = fail_next; };
    EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::StoreFailed);
    for (const SignedCheckpoint& one : stored()) EXPECT_TRUE(one.note.empty());
  }
  const auto note = trail_->checkpoint(organization_);
  ASSERT_TRUE(note) << "and later it is signed, for the same tree";
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].note, *note);
}

TEST_F(CheckpointsTest, ALogThatCouldNotBeSignedIsSignedNextTime) {
  append(event());
  settle();
  scripted_->fail(Command::Transact, 1, StoreError::Full);
  EXPECT_EQ(trail_->sign_grown(), 0U);
  EXPECT_EQ(trail_->sign_grown(), 1U) << "without a new record";
  EXPECT_EQ(trail_->sign_grown(), 0U);
}

TEST_F(CheckpointsTest, ADivergedLogIsNotTriedAgainAndHoldsUpNoOther) {
  const OrganizationId other = add_organization();
  settle();
  trail_->sign_grown();
  append_many(1);
  AuditEvent elsewhere("test.happened", {other, Environment::Test}, clock_.wall_now());
  elsewhere.who().add("actor", "x");
  append(elsewhere);
  ASSERT_TRUE(change([&](Transaction& transaction) {
    return transaction.put_checkpoint(organization_, {.size = 1, .root = Hash256{7}, .note = "signed"});
  }));
  append_many(1);
  settle();
  EXPECT_EQ(trail_->sign_grown(), 1U) << "the other one";
  EXPECT_EQ(trail_->sign_grown(), 0U);
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Diverged);
}

// A database that was put back is smaller than what was signed.
TEST_F(CheckpointsTest, ATreeThatShrankIsNotSigned) {
  append_many(5);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  tamper({.log_size = [](std::uint64_t& size) { size = 4; }});
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Diverged);
  mend();
  EXPECT_TRUE(trail_->checkpoint(organization_));
}

TEST_F(CheckpointsTest, AChangedTileIsNotSigned) {
  append_many(300);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  append_many(1);
  tamper({.tile = [](std::uint32_t level, std::uint64_t number, std::vector<Hash256>& hashes) {
    if (level == 0 && number == 0) hashes[17][0] ^= 1;
    if (level == 1) hashes[0][0] ^= 1;
  }});
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Diverged);
  tamper({.tile = [](std::uint32_t, std::uint64_t, std::vector<Hash256>& hashes) { hashes.pop_back(); }});
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Damaged);
}

TEST_F(CheckpointsTest, OnlyTheLogsOwnKeySigns) {
  append_many(1);
  const auto with = [&](auto edit) {
    tamper({.setting = [&](std::string_view name, std::optional<std::string>& value) {
      if (name == setting_name()) edit(value);
    }});
    // A trail that has no signer in memory yet.
    return open_trail()->checkpoint(organization_);
  };
  const OrganizationId other = add_organization();
  std::string others;
  ASSERT_TRUE(store_->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(auto value, reader.setting("log_signer/" + std::to_string(other.position)));
    others = *value;
    return {};
  }));
  EXPECT_EQ(with([](auto& value) { value.reset(); }).error(), AuditError::NotFound);
  EXPECT_EQ(with([](auto& value) { value = "no base64!"; }).error(), AuditError::Damaged);
  EXPECT_EQ(with([](auto& value) { value = to_base64(Bytes(60, 1)); }).error(), AuditError::Damaged);
  EXPECT_EQ(with([&](auto& value) { value = others; }).error(), AuditError::Damaged) << "another log's";
  EXPECT_TRUE(with([](auto&) {}).ok());
}

TEST_F(CheckpointsTest, ASealedSeedOfTheWrongLengthIsNoKey) {
  const Bytes sealed = vault_->seal_installation_secret(setting_name(), SecretBytes::copy_of(Bytes(16, 1)));
  ASSERT_TRUE(change([&](Transaction& t) { return t.set_setting(setting_name(), to_base64(sealed)); }));
  EXPECT_EQ(trail_->verifier_key(organization_).error(), AuditError::Damaged);
}

TEST_F(CheckpointsTest, AnUnknownLogHasNoCheckpoint) {
  EXPECT_EQ(trail_->checkpoint({42}).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->verifier_key({42}).error(), AuditError::NotFound);
  const OrganizationId stranger{42};
  trail_->logs_grew(std::span(&stranger, 1));
  EXPECT_EQ(trail_->sign_grown(), 0U);
}

// The listener tells of every way in which a log grows, and only after the commit.
TEST_F(CheckpointsTest, TheListenerHearsOfCommitsOnly) {
  std::mutex mutex;
  std::vector<OrganizationId> heard;
  settle();
  store_->set_log_listener([&](std::span<const OrganizationId> logs) {
    const std::scoped_lock lock(mutex);
    heard.insert(heard.end(), logs.begin(), logs.end());
  });
  const auto count = [&] {
    settle();
    const std::scoped_lock lock(mutex);
    return heard.size();
  };
  const auto draft = trail_->draft(event()).value();
  EXPECT_FALSE(change([&](Transaction& transaction) -> StoreResult<void> {
    SEALPOST_TRY([[maybe_unused]] const auto index, transaction.append_audit(draft));
    return fail(StoreError::Conflict);
  }));
  EXPECT_EQ(count(), 0U) << "rolled back";
  append(event());
  EXPECT_EQ(count(), 1U);
  append_many(10);
  EXPECT_EQ(count(), 2U) << "once for a commit";
}

}  // namespace
}  // namespace sealpost
