#include "trust/audit_trail/audit_trail.h"

#include <gtest/gtest.h>

#include "domain/tlog/proof_file.h"
#include "trust/audit_trail/record_body.h"
#include "trust/audit_trail/testing/audit_world.h"

namespace sealpost {
namespace {

class AuditTrailTest : public AuditWorld {};

TEST_F(AuditTrailTest, ARecordIsReadBackAsItWasWritten) {
  const std::uint64_t index = append(event(7));
  EXPECT_EQ(index, 0U);
  const auto record = trail_->open_record({organization_, Environment::Test}, index);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->leaf.fields.event_class, "test.happened");
  EXPECT_EQ(record->leaf.sequence, 0U);
  ASSERT_EQ(record->groups.size(), 3U);
  EXPECT_EQ(record->groups[0].label, "what");
  EXPECT_EQ(record->groups[0].canonical, R"({"number":7,"result":"accepted"})");
  EXPECT_EQ(record->groups[1].canonical, R"({"source_address":"192.0.2.7"})");
  EXPECT_EQ(record->groups[2].canonical, R"({"actor":"crd_someone"})");
  EXPECT_EQ(record->leaf.fields.keys.size(), 3U);  // each group under a key of its own
}

TEST_F(AuditTrailTest, TheLeafHoldsNothingThatWasRecorded) {
  append(event());
  const AuditRow stored = row(0);
  for (const char* secret : {"crd_someone", "192.0.2.7", "accepted"}) {
    EXPECT_EQ(stored.leaf.find(secret), std::string::npos);
    EXPECT_EQ(as_text(stored.body).find(secret), std::string::npos);
  }
}

TEST_F(AuditTrailTest, EqualEventsHaveDifferentCommitments) {
  append(event());
  append(event());
  EXPECT_NE(parse_leaf(as_bytes(row(0).leaf))->fields.commitment_root,
            parse_leaf(as_bytes(row(1).leaf))->fields.commitment_root);
}

TEST_F(AuditTrailTest, RefusesFieldsWithoutACanonicalFormAndEmptyEvents) {
  AuditEvent twice = event();
  twice.what().add("number", std::int64_t{2});
  EXPECT_EQ(trail_->draft(twice).error(), AuditError::BadField);
  const AuditEvent empty("test.empty", {organization_, Environment::Test}, clock_.wall_now());
  EXPECT_EQ(trail_->draft(empty).error(), AuditError::BadField);
}

TEST_F(AuditTrailTest, RefusesWhenTheKeysAreNotThere) {
  AuditEvent stranger("test.happened", {OrganizationId{42}, Environment::Test}, clock_.wall_now());
  stranger.who().add("actor", "x");
  EXPECT_EQ(trail_->draft(stranger).error(), AuditError::KeyUnavailable);
}

TEST_F(AuditTrailTest, ACheckpointIsSignedOnceForEachSizeAndVerifies) {
  append_many(3);
  const auto note = trail_->checkpoint(organization_);
  ASSERT_TRUE(note);
  const auto key = NoteVerifier::parse(*trail_->verifier_key(organization_));
  ASSERT_TRUE(key);
  const auto opened = open_checkpoint(*note, *key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 3U);
  EXPECT_EQ(opened->origin, trail_->origin(organization_).text());
  EXPECT_EQ(*trail_->checkpoint(organization_), *note);
  append(event());
  EXPECT_NE(*trail_->checkpoint(organization_), *note);
}

TEST_F(AuditTrailTest, AnEmptyLogHasACheckpointToo) {
  const auto note = trail_->checkpoint(organization_);
  ASSERT_TRUE(note);
  EXPECT_NE(note->find("\n0\n"), std::string::npos);
}

TEST_F(AuditTrailTest, SignsOnlyLogsThatGrew) {
  settle();
  EXPECT_EQ(trail_->sign_grown(), 0U);
  append(event());
  settle();
  EXPECT_EQ(trail_->sign_grown(), 1U);
  EXPECT_EQ(trail_->sign_grown(), 0U);
}

TEST_F(AuditTrailTest, TheSizeAndRootAreOnDiskBeforeTheSignature) {
  // A crash between the two leaves a checkpoint without a note; the next one signs the same tree.
  append_many(2);
  SignedCheckpoint unsigned_one;
  ASSERT_TRUE(store_->read([&](Reader& reader) -> StoreResult<void> {
    SEALPOST_TRY(unsigned_one.size, reader.log_size(organization_));
    return {};
  }));
  const auto proof = trail_->prove_inclusion(organization_, 0, 2);
  ASSERT_TRUE(proof);
  unsigned_one.root = proof->root;
  ASSERT_TRUE(store_->transact_and_wait(
      [&](Transaction& transaction) { return transaction.put_checkpoint(organization_, unsigned_one); }));
  const auto note = trail_->checkpoint(organization_);
  ASSERT_TRUE(note);
  EXPECT_NE(note->find("\n2\n" + to_base64(proof->root) + "\n"), std::string::npos);
}

TEST_F(AuditTrailTest, NeverSignsWhatDoesNotContinueWhatWasSigned) {
  append_many(2);
  const SignedCheckpoint other{.size = 2, .root = Hash256{1}, .note = ""};
  ASSERT_TRUE(store_->transact_and_wait(
      [&](Transaction& transaction) { return transaction.put_checkpoint(organization_, other); }));
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Diverged);
  append(event());
  EXPECT_EQ(trail_->checkpoint(organization_).error(), AuditError::Diverged);
}

TEST_F(AuditTrailTest, ProofsVerifyOverTileBordersAndFailForOtherLeaves) {
  append_many(600);
  const auto key = *trail_->verifier_key(organization_);
  for (const std::uint64_t index : {0U, 1U, 255U, 256U, 511U, 512U, 599U}) {
    const auto file = trail_->proof_file(organization_, index);
    ASSERT_TRUE(file) << index;
    EXPECT_TRUE(verify_proof_file(*file, as_bytes(row(index).leaf), std::string_view(key))) << index;
    EXPECT_FALSE(verify_proof_file(*file, as_bytes(row((index + 1) % 600).leaf), std::string_view(key)))
        << index;
  }
  const auto old_root = trail_->prove_inclusion(organization_, 0, 300);
  const auto new_root = trail_->prove_inclusion(organization_, 0, 600);
  const auto proof = trail_->prove_consistency(organization_, 300, 600);
  ASSERT_TRUE(old_root && new_root && proof);
  EXPECT_TRUE(verify_consistency(300, old_root->root, 600, new_root->root, *proof));
  EXPECT_FALSE(verify_consistency(299, old_root->root, 600, new_root->root, *proof));
}

TEST_F(AuditTrailTest, RefusesProofsOfWhatIsNotThere) {
  append_many(2);
  EXPECT_EQ(trail_->prove_inclusion(organization_, 2, 2).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->prove_inclusion(organization_, 0, 3).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->prove_consistency(organization_, 1, 3).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->prove_consistency(organization_, 2, 1).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->open_record({organization_, Environment::Test}, 2).error(), AuditError::NotFound);
  EXPECT_EQ(trail_->proof_file(OrganizationId{42}, 0).error(), AuditError::NotFound);
}

TEST_F(AuditTrailTest, LogsOfTwoOrganizationsStayApart) {
  const OrganizationId other = add_organization();
  append(event());
  EXPECT_NE(trail_->pseudonym(organization_), trail_->pseudonym(other));
  EXPECT_NE(*trail_->verifier_key(organization_), *trail_->verifier_key(other));
  EXPECT_EQ(trail_->open_record({other, Environment::Test}, 0).error(), AuditError::NotFound);
}

TEST_F(AuditTrailTest, AWholeLogVerifiesAndSaysHowLongItIs) {
  append_many(520);
  ASSERT_TRUE(trail_->checkpoint(organization_));
  append_many(3);
  std::vector<std::string> lines;
  const auto verdict =
      trail_->verify_log(organization_, [&](const std::string& line) { lines.push_back(line); });
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->records, 523U);
  EXPECT_EQ(verdict->contradictions, 0U) << (lines.empty() ? "" : lines.front());
}

TEST_F(AuditTrailTest, TheSameKeySignsAfterARestart) {
  append(event());
  const auto before = *trail_->checkpoint(organization_);
  AuditTrail again(*store_, *vault_, clock_, entropy_, InstallationName{"testhouse", 1});
  EXPECT_EQ(*again.checkpoint(organization_), before);
  EXPECT_EQ(*again.verifier_key(organization_), *trail_->verifier_key(organization_));
}

TEST(RecordBody, RefusesEveryTruncationAndSurplus) {
  Bytes body = begin_body(2);
  append_group(body, {"what", Hash256{1}, Bytes{1, 2, 3}});
  append_group(body, {"who", Hash256{2}, Bytes{}});
  const auto parsed = parse_body(body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at(0).label, "what");
  EXPECT_EQ(parsed->at(0).sealed, (Bytes{1, 2, 3}));
  EXPECT_EQ(parsed->at(1).commitment, Hash256{2});
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(parse_body(ByteView(body).first(size))) << size;
  body.push_back(0);
  EXPECT_FALSE(parse_body(body));
  EXPECT_FALSE(parse_body(Bytes{1, 0}));
  EXPECT_FALSE(parse_body(Bytes{2, 17}));
}

}  // namespace
}  // namespace sealpost
