#include "app/cli/exit_code.h"

namespace sealpost {

ExitCode exit_code_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return ExitCode::NotAllowed;
    case 404:
    case 410:
      return ExitCode::NotFound;
    case 409:
    case 412:
    case 428:
      return ExitCode::Conflict;
    case 408:
    case 425:
    case 429:
    case 503:
      return ExitCode::TryLater;
    default:
      break;
  }
  if (status >= 200 && status < 300) return ExitCode::Ok;
  if (status >= 400 && status < 500) return ExitCode::Usage;
  return ExitCode::Unexpected;
}

}  // namespace sealpost
