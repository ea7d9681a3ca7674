#include "app/cli/exit_code.h"

#include <gtest/gtest.h>

#include <set>

#include "domain/model/public_code.h"

namespace sealpost {
namespace {

TEST(ExitCode, EachClassOfStatusHasItsOwn) {
  struct Row {
    int status;
    ExitCode code;
  };
  for (const Row& row : {Row{200, ExitCode::Ok},    {201, ExitCode::Ok},         {204, ExitCode::Ok},
                         {400, ExitCode::Usage},    {401, ExitCode::NotAllowed}, {403, ExitCode::NotAllowed},
                         {404, ExitCode::NotFound}, {405, ExitCode::Usage},      {408, ExitCode::TryLater},
                         {409, ExitCode::Conflict}, {410, ExitCode::NotFound},   {412, ExitCode::Conflict},
                         {413, ExitCode::Usage},    {414, ExitCode::Usage},      {415, ExitCode::Usage},
                         {422, ExitCode::Usage},    {428, ExitCode::Conflict},   {429, ExitCode::TryLater},
                         {431, ExitCode::Usage},    {500, ExitCode::Unexpected}, {501, ExitCode::Unexpected},
                         {503, ExitCode::TryLater}, {302, ExitCode::Unexpected}, {0, ExitCode::Unexpected}})
    EXPECT_EQ(exit_code_of_status(row.status), row.code) << row.status;
}

// What a script has to tell apart from a defect never ends as one.
TEST(ExitCode, NoRefusalOfTheContractIsUnexpectedButTheServersOwnFaults) {
  for (const PublicCodeInfo& info : all_public_codes()) {
    if (info.status < 400 || info.status >= 500) continue;
    EXPECT_NE(exit_code_of_status(info.status), ExitCode::Unexpected) << info.name;
  }
}

}  // namespace
}  // namespace sealpost
