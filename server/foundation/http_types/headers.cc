#include "foundation/http_types/headers.h"

#include <algorithm>

namespace sealpost {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::size_t bytes_of(std::span<const HeaderView> fields) {
  std::size_t sum = 0;
  for (const auto& field : fields) sum += field.name.size() + field.value.size();
  return sum;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Names share beginnings ("webhook-", "x-"), so their ends tell them apart soonest.
  if (!a.empty() && lower(a.back()) != lower(b.back())) return false;
  if (a == b) return true;  // the common spelling, at the speed of a word compare
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

HeaderCount find_header(std::span<const HeaderView> headers, std::string_view name) {
  HeaderCount found;
  for (const auto& header : headers) {
    if (header.name.size() != name.size() || !equal_ignoring_case(header.name, name)) continue;
    if (found.count == 0) found.first = header.value;
    ++found.count;
  }
  return found;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_token_char);
}

bool is_header_value(std::string_view value) {
  if (value.empty()) return true;
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  if (blank(value.front()) || blank(value.back())) return false;
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

HttpHeaders::HttpHeaders(std::span<const HeaderView> fields) {
  storage_.reserve(bytes_of(fields));
  fields_.reserve(fields.size());
  const auto keep = [this](std::string_view text) {
    const auto at = storage_.size();
    storage_.insert(storage_.end(), text.begin(), text.end());
    return std::string_view(storage_.data() + at, text.size());
  };
  for (const auto& field : fields) {
    const auto name = keep(field.name);
    fields_.push_back({.name = name, .value = keep(field.value)});
  }
}

HttpHeaders& HttpHeaders::operator=(const HttpHeaders& other) {
  if (this != &other) *this = HttpHeaders(other);
  return *this;
}

void HttpHeaders::add(std::string_view name, std::string_view value) {
  const auto at = storage_.size();
  const auto needed = at + name.size() + value.size();
  if (needed > storage_.capacity()) {
    // The arguments may point into this very object, so the old block lives until they are copied.
    std::vector<char> larger;
    larger.reserve(std::max(needed, std::size_t{256}) * 2);
    larger.assign(storage_.begin(), storage_.end());
    for (auto& field : fields_) {
      const auto moved = [&](std::string_view old) {
        return std::string_view(larger.data() + (old.data() - storage_.data()), old.size());
      };
      field = {.name = moved(field.name), .value = moved(field.value)};
    }
    larger.insert(larger.end(), name.begin(), name.end());
    larger.insert(larger.end(), value.begin(), value.end());
    storage_.swap(larger);
  } else {
    // Room enough: nothing moves while these are appended. A copy through the end pointer is safe for
    // arguments inside the block, which vector::insert of its own range would not promise.
    storage_.resize(needed);
    std::ranges::copy(name, storage_.begin() + static_cast<std::ptrdiff_t>(at));
    std::ranges::copy(value, storage_.begin() + static_cast<std::ptrdiff_t>(at + name.size()));
  }
  fields_.push_back({.name = {storage_.data() + at, name.size()},
                     .value = {storage_.data() + at + name.size(), value.size()}});
}

void HttpHeaders::set(std::string_view name, std::string_view value) {
  if (find(name).count == 0) return add(name, value);
  std::vector<HeaderView> kept;
  for (const auto& field : fields_)
    if (!equal_ignoring_case(field.name, name)) kept.push_back(field);
  HttpHeaders rebuilt{std::span<const HeaderView>(kept)};
  rebuilt.add(name, value);
  *this = std::move(rebuilt);
}

std::string_view HttpHeaders::sole(std::string_view name) const {
  const auto found = find(name);
  return found.count == 1 ? found.first : std::string_view();
}

}  // namespace sealpost
