#include "edge/http_sender/header_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace sealpost {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kShortDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// Reads text from the front; the first mismatch makes every later step fail too.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  void literal(std::string_view expected) {
    if (!ok_ || !rest_.starts_with(expected)) return void(ok_ = false);
    rest_.remove_prefix(expected.size());
  }
  int number(std::size_t digits) {
    if (!ok_ || rest_.size() < digits ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(digits), is_digit))
      return ok_ = false, 0;
    int value = 0;
    std::from_chars(rest_.data(), rest_.data() + digits, value);
    rest_.remove_prefix(digits);
    return value;
  }
  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; ok_ && i < N; ++i) {
      if (!rest_.starts_with(words[i])) continue;
      rest_.remove_prefix(words[i].size());
      return static_cast<int>(i);
    }
    return ok_ = false, 0;
  }
  int day_padded_with_space() {
    if (ok_ && rest_.starts_with(' ')) return rest_.remove_prefix(1), number(1);
    return number(2);
  }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

TimeOfDay read_time(Reader& in) {
  TimeOfDay time;
  time.hour = in.number(2);
  in.literal(":");
  time.minute = in.number(2);
  in.literal(":");
  time.second = in.number(2);
  return time;
}

std::optional<std::chrono::sys_seconds> moment(int year, int month0, int day, TimeOfDay time) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month0 + 1)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // 60 is a leap second.
  if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) +
         std::chrono::seconds(time.second);
}

// RFC 9110 section 5.6.7.
std::optional<std::chrono::sys_seconds> parse_imf_fixdate(std::string_view text) {
  Reader in(text);
  in.one_of(kShortDays);
  in.literal(", ");
  const int day = in.number(2);
  in.literal(" ");
  const int month = in.one_of(kMonths);
  in.literal(" ");
  const int year = in.number(4);
  in.literal(" ");
  const TimeOfDay time = read_time(in);
  in.literal(" GMT");
  return in.at_end() ? moment(year, month, day, time) : std::nullopt;
}

std::optional<std::chrono::sys_seconds> parse_rfc850_date(std::string_view text, WallTime now) {
  Reader in(text);
  in.one_of(kLongDays);
  in.literal(", ");
  const int day = in.number(2);
  in.literal("-");
  const int month = in.one_of(kMonths);
  in.literal("-");
  const int short_year = in.number(2);
  in.literal(" ");
  const TimeOfDay time = read_time(in);
  in.literal(" GMT");
  if (!in.at_end()) return std::nullopt;
  // The year with these digits that is at most 50 years ahead and less than 50 years ago.
  const int this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  int year = this_year - this_year % 100 + short_year;
  if (year > this_year + 50) year -= 100;
  if (year <= this_year - 50) year += 100;
  return moment(year, month, day, time);
}

std::optional<std::chrono::sys_seconds> parse_asctime_date(std::string_view text) {
  Reader in(text);
  in.one_of(kShortDays);
  in.literal(" ");
  const int month = in.one_of(kMonths);
  in.literal(" ");
  const int day = in.day_padded_with_space();
  in.literal(" ");
  const TimeOfDay time = read_time(in);
  in.literal(" ");
  const int year = in.number(4);
  return in.at_end() ? moment(year, month, day, time) : std::nullopt;
}

}  // namespace

std::optional<Seconds> parse_retry_after(std::string_view value, WallTime now, Seconds cap) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.empty() || value.size() > 64) return std::nullopt;
  if (std::ranges::all_of(value, is_digit)) {
    std::int64_t seconds = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (read.ec == std::errc::result_out_of_range) return cap;
    return std::min(Seconds(seconds), cap);
  }
  auto when = parse_imf_fixdate(value);
  if (!when) when = parse_rfc850_date(value, now);
  if (!when) when = parse_asctime_date(value);
  if (!when) return std::nullopt;
  return std::clamp(std::chrono::ceil<Seconds>(*when - now), Seconds(0), cap);
}

}  // namespace sealpost
