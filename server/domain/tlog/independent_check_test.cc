// Has another implementation check what this module makes: tests/tlog_go, on Go's own note and tree code.
// Without a Go tool chain the test is skipped, except where CI=true asks for all of it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "domain/tlog/checkpoint.h"
#include "domain/tlog/leaf.h"
#include "domain/tlog/merkle.h"
#include "domain/tlog/origin.h"
#include "domain/tlog/proof_file.h"

namespace sealpost {
namespace {

namespace fs = std::filesystem;

int shell(const std::string& command) {
  const int status =
      std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe): this program has one thread
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = fs::temp_directory_path() / "sealpost-tlog-XXXXXX";
    SEALPOST_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

// A log of real leaves, with checkpoints at any size.
struct SampleLog {
  NoteSigner signer = *NoteSigner::create(LogOrigin::create("9x4t2k", "4kq7c0v2m9", 1)->text(),
                                          *Ed25519PrivateKey::create(SecretBytes::take(Bytes(32, 9))));
  std::vector<Bytes> leaves;
  std::map<std::pair<unsigned, std::uint64_t>, Hash256> nodes;

  explicit SampleLog(std::size_t size) {
    Frontier frontier;
    const LeafFields fields{"4kq7c0v2m9", "message.accepted", "standard", 1'800'000'000'000, {}, {"k1"}};
    const auto part = LeafTemplate::create(fields);
    for (std::size_t i = 0; i < size; ++i) {
      leaves.push_back(part->finish(i));
      frontier.append(leaf_hash(leaves.back()), [&](unsigned level, std::uint64_t index,
                                                    const Hash256& hash) { nodes[{level, index}] = hash; });
    }
  }
  HashReader reader() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Hash256, TlogRefusal> {
      return nodes.at({level, index});
    };
  }
  std::string checkpoint(std::uint64_t size) const {
    return *sign_checkpoint({signer.name(), size, *tree_root(size, reader())}, signer);
  }
  std::string proof(std::uint64_t index, std::uint64_t size) const {
    return marshal_proof_file(
        {std::nullopt, index, *inclusion_proof(index, size, reader()), checkpoint(size)});
  }
  std::string consistency(std::uint64_t old_size, std::uint64_t new_size) const {
    std::string lines;
    const HashList proof = *consistency_proof(old_size, new_size, reader());
    for (const Hash256& hash : proof) lines += to_base64(hash) + "\n";
    return lines;
  }
};

class IndependentCheck : public testing::Test {
 protected:
  void SetUp() override {
    const char* ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe): as above
    if (shell("command -v go > /dev/null") != 0) {
      if (ci != nullptr && std::string_view(ci) == "true") FAIL() << "no go, and CI=true asks for this test";
      GTEST_SKIP() << "skipped: no go";
    }
    program_ = folder_ / "tlog_go";
    ASSERT_EQ(shell("cd '" SEALPOST_SOURCE_DIR
                    "/tests/tlog_go' && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -o '" +
                    program_ + "' ."),
              0);
  }
  bool verifies(const std::string& proof, ByteView leaf) const {
    return run("verify '" + log_.signer.vkey() + "' '" + folder_.write("proof", proof) + "' '" +
               folder_.write("leaf", as_text(leaf)) + "'");
  }
  bool consistent(const std::string& older, const std::string& newer, const std::string& hashes) const {
    return run("consistency '" + log_.signer.vkey() + "' '" + folder_.write("older", older) + "' '" +
               folder_.write("newer", newer) + "' '" + folder_.write("hashes", hashes) + "'");
  }
  // 0 and 1 are the program's verdicts; anything else is a fault of the test.
  bool run(const std::string& arguments) const {
    const int code = shell("'" + program_ + "' " + arguments + " > '" + (folder_ / "out") + "' 2>&1");
    EXPECT_TRUE(code == 0 || code == 1) << code;
    return code == 0;
  }
  TemporaryFolder folder_;
  SampleLog log_{300};
  std::string program_;
};

TEST_F(IndependentCheck, BelievesOurProofs) {
  for (const std::uint64_t size : {1U, 2U, 7U, 256U, 257U, 300U})
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1})
      EXPECT_TRUE(verifies(log_.proof(index, size), log_.leaves.at(index))) << index << " of " << size;
}

TEST_F(IndependentCheck, BelievesOurConsistency) {
  for (const auto& [old, size] :
       {std::pair{1U, 300U}, {3U, 7U}, {256U, 257U}, {128U, 300U}, {299U, 300U}, {300U, 300U}})
    EXPECT_TRUE(consistent(log_.checkpoint(old), log_.checkpoint(size), log_.consistency(old, size)))
        << old << " to " << size;
}

TEST_F(IndependentCheck, RefusesWhatWeRefuse) {
  const std::string good = log_.proof(5, 300);
  const auto key = *NoteVerifier::parse(log_.signer.vkey());
  ASSERT_TRUE(verifies(good, log_.leaves[5]));
  EXPECT_FALSE(verifies(good, log_.leaves[6]));
  std::string bent = good;
  bent.replace(bent.find("index 5"), 7, "index 4");
  EXPECT_FALSE(verifies(bent, log_.leaves[5]));
  // One character in each part of the file.
  for (std::size_t at = 3; at < good.size(); at += 97) {
    bent = good;
    bent[at] = bent[at] == 'A' ? 'B' : 'A';
    if (bent == good) continue;
    EXPECT_FALSE(verifies(bent, log_.leaves[5])) << at;
    EXPECT_FALSE(verify_proof_file(bent, log_.leaves[5], key).ok()) << at;
  }
  EXPECT_FALSE(consistent(log_.checkpoint(7), log_.checkpoint(300), log_.consistency(8, 300)));
  EXPECT_FALSE(consistent(log_.checkpoint(300), log_.checkpoint(7), log_.consistency(7, 300)));
}

}  // namespace
}  // namespace sealpost
