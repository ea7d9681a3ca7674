#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "foundation/log/log.h"

namespace sealpost {
namespace {

// spdlog is given finished lines: it adds nothing to them and keeps no global registry of ours.
class StderrSink final : public LogSink {
 public:
  StderrSink() : logger_("sealpost", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%v");
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
    // Standard error may be a closed pipe. There is nowhere left to say so.
    logger_.set_error_handler([](const std::string&) {});
  }
  void write(LogLevel level, std::string_view line) override {
    logger_.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  static spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
      case LogLevel::Debug:
        return spdlog::level::debug;
      case LogLevel::Info:
        return spdlog::level::info;
      case LogLevel::Warn:
        return spdlog::level::warn;
      case LogLevel::Error:
      case LogLevel::Off:
        return spdlog::level::err;
    }
    return spdlog::level::err;
  }

  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<LogSink> make_stderr_sink() { return std::make_unique<StderrSink>(); }
bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

void Logger::write(LogLevel level, std::string_view event, std::span<const LogField> fields) const {
  if (!enabled(level)) return;
  sink_.write(level, format_log_line(format_, clock_.wall_now(), level, event, fields));
}

}  // namespace sealpost
