// What an SDK call returns that a caller can see fail: a value or a reason, never both, and ignoring it
// does not compile quietly. C++20 has no std::expected.
#pragma once

#include <utility>
#include <variant>

namespace sealpost::sdk {

template <class T, class E>
class [[nodiscard]] Outcome final {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: `return value;`
  Outcome(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: `return error;`

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Reading the side that is not there throws std::bad_variant_access: a bug of the caller.
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] const E& error() const { return std::get<1>(state_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace sealpost::sdk
