#include "edge/http_sender/trust_check.h"

#include <gtest/gtest.h>

#include <fstream>

#include "edge/http_sender/testing/test_http_server.h"
#include "foundation/system/testing/scratch_directory.h"

namespace sealpost {
namespace {

TEST(TrustCheck, WantsACertificateInTheFile) {
  const ScratchDirectory folder;
  const TestAuthority authority(folder.path().string());
  EXPECT_TRUE(is_ca_file(authority.ca_file()));
  EXPECT_FALSE(is_ca_file("")) << "which stands for the system's";
  EXPECT_FALSE(is_ca_file(folder.path() / "none.pem"));
  EXPECT_FALSE(is_ca_file(folder.path())) << "a directory";
  std::ofstream(folder.path() / "text.pem") << "no certificate";
  EXPECT_FALSE(is_ca_file(folder.path() / "text.pem"));
}

}  // namespace
}  // namespace sealpost
