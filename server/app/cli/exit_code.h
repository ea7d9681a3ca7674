// How a command ends. Scripts rely on these numbers: docs/operate/cli.md.
#pragma once

namespace sealpost {

enum class ExitCode : int {
  Ok = 0,
  Unexpected = 1,
  Usage = 2,
  NotAllowed = 3,
  NotFound = 4,
  Conflict = 5,
  Unreachable = 6,
  VerificationFailed = 7,
};

}  // namespace sealpost
