// The name a log has for ever: sealpost/<installation>/<log>/<generation>. It is the first line of every
// checkpoint and the name of the key that signs it, so it holds no address that could change and no name
// that says who the organization is. A restored database continues in the log of the next generation, never
// in the same one: the old log may have signed what the restored database no longer knows, and a second
// history under one origin would be a fork (docs/decisions/0006). Values, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/tlog/refusal.h"
#include "foundation/result/result.h"

namespace sealpost {

// The log of logs: no organization gets this pseudonym.
inline constexpr std::string_view kGatewayLog = "gateway";
inline constexpr std::size_t kMaxInstallationIdBytes = 32;

class LogOrigin final {
 public:
  // Names of a-z 0-9 . _ - ; generations count from 1.
  static Result<LogOrigin, TlogRefusal> create(std::string installation, std::string log,
                                               std::uint32_t generation);
  static Result<LogOrigin, TlogRefusal> parse(std::string_view text);

  [[nodiscard]] const std::string& installation() const { return installation_; }
  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] std::string text() const;
  // The log that continues this one after a restore; refused after 2^32 - 1 generations.
  Result<LogOrigin, TlogRefusal> successor() const;
  bool operator==(const LogOrigin&) const = default;

 private:
  LogOrigin(std::string installation, std::string log, std::uint32_t generation)
      : installation_(std::move(installation)), log_(std::move(log)), generation_(generation) {}
  std::string installation_;
  std::string log_;
  std::uint32_t generation_;
};

}  // namespace sealpost
