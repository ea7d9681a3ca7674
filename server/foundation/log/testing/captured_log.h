// Keeps every line for a test to look at, and a logger that writes there. Tests only. Thread-safe.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "foundation/log/log.h"

namespace sealpost {

class CapturedLog final : public LogSink {
 public:
  explicit CapturedLog(const Clock& clock) : logger_(clock, *this, LogLevel::Debug, LogFormat::Json) {}

  [[nodiscard]] const Logger& logger() const { return logger_; }
  void write(LogLevel, std::string_view line) override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(line);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  // How many lines carry `text` anywhere.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(),
                      [text](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  Logger logger_;
};

}  // namespace sealpost
