// What the program tells its operator, as one line per event with named fields.
//
//   log.info("delivery_sent", {{"endpoint", id.text()}, {"status", 204}, {"first", true}});
//
// Event and field names are literals of our own; values may come from strangers and are escaped and bounded.
// Secrets have no way in: a field is made of text, a whole number or a boolean, and of nothing else.
// Logging never fails to its caller. Thread-safe.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "foundation/system/clock.h"

namespace sealpost {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error, Off };

// A value views the caller's text for the length of the call.
class LogField final {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, bool>;

  // Any other type does not compile; a const char* that converts to bool would be the classic accident.
  template <class T>
    requires(std::convertible_to<const T&, std::string_view> || std::integral<T>)
  LogField(std::string_view name, const T& value) : name_(name), value_(make(value)) {}

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const Value& value() const { return value_; }

 private:
  template <class T>
  static Value make(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      return value;
    } else if constexpr (std::signed_integral<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::unsigned_integral<T>) {
      return static_cast<std::uint64_t>(value);
    } else {
      return std::string_view(value);
    }
  }

  std::string_view name_;
  Value value_;
};

// Where lines go. Implementations are thread-safe and keep each line whole.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;  // without a line feed
};

// Standard error through spdlog, which keeps lines of several threads apart.
[[nodiscard]] std::unique_ptr<LogSink> make_stderr_sink();
// True if standard error is a terminal, where a person reads.
[[nodiscard]] bool stderr_is_terminal();

enum class LogFormat : std::uint8_t { Json, Logfmt };

class Logger final {
 public:
  static constexpr std::size_t kMaxValueSize = 1024;  // octets of one value before escaping

  // `clock` and `sink` outlive the logger.
  Logger(const Clock& clock, LogSink& sink, LogLevel threshold, LogFormat format)
      : clock_(clock), sink_(sink), threshold_(threshold), format_(format) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view event, Fields fields = {}) const { write(LogLevel::Debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) const { write(LogLevel::Info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) const { write(LogLevel::Warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) const { write(LogLevel::Error, event, fields); }
  [[nodiscard]] bool enabled(LogLevel level) const { return level >= threshold_ && level != LogLevel::Off; }

 private:
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) const;

  const Clock& clock_;
  LogSink& sink_;
  LogLevel threshold_;
  LogFormat format_;
};

// The text of a line, apart from where it goes.
[[nodiscard]] std::string format_log_line(LogFormat format, WallTime time, LogLevel level,
                                          std::string_view event, std::span<const LogField> fields);

}  // namespace sealpost
