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
  TryLater = 8,
};

// Of an answer of the gateway, by the class of its status: every status has a code, the same in each release.
[[nodiscard]] ExitCode exit_code_of_status(int status);

}  // namespace sealpost
