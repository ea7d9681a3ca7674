// What a function returns that a caller can see fail in normal life: a value, or one of the module's
// own closed error enumerators (refusals included). Ignoring a Result does not compile.
//
//   Result<Key, CryptoError> load(...);
//   SEALPOST_TRY(auto key, load(...));       // returns the error to the caller
//   if (auto r = load(...); !r) { use(r.error()); }
//
// Value semantics; as thread-safe as T and E are.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <expected>
#include <type_traits>
#include <utility>

namespace sealpost {

template <class E>
struct Failure {
  E error;
};

// Makes the failing side of any Result: `return fail(CryptoError::BadKey);`
template <class E>
[[nodiscard]] constexpr Failure<std::decay_t<E>> fail(E&& error) {
  return {std::forward<E>(error)};
}

[[noreturn]] inline void die(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what);
  std::abort();
}

template <class T, class E>
class [[nodiscard]] Result final {
 public:
  using value_type = T;
  using error_type = E;

  template <class U = T>
    requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
  constexpr Result(U&& value)  // NOLINT(google-explicit-constructor): `return value;` is the point.
      : state_(std::in_place, std::forward<U>(value)) {}
  template <class F>
    requires std::is_constructible_v<E, F>
  constexpr Result(Failure<F> failure)  // NOLINT(google-explicit-constructor): `return fail(e);`
      : state_(std::unexpect, std::move(failure.error)) {}

  [[nodiscard]] constexpr bool ok() const { return state_.has_value(); }
  constexpr explicit operator bool() const { return ok(); }

  // Reading the side that is not there is a bug, and ends the process.
  constexpr T& value() & { return check(), *state_; }
  constexpr const T& value() const& { return check(), *state_; }
  constexpr T&& value() && { return check(), *std::move(state_); }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T&& operator*() && { return std::move(*this).value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }
  [[nodiscard]] constexpr const E& error() const {
    if (ok()) die(__FILE__, __LINE__, "error() of a Result that holds a value");
    return state_.error();
  }

 private:
  constexpr void check() const {
    if (!ok()) die(__FILE__, __LINE__, "value() of a Result that holds an error");
  }
  std::expected<T, E> state_;
};

// The same without a value.
template <class E>
class [[nodiscard]] Result<void, E> final {
 public:
  using value_type = void;
  using error_type = E;

  constexpr Result() = default;
  template <class F>
    requires std::is_constructible_v<E, F>
  constexpr Result(Failure<F> failure)  // NOLINT(google-explicit-constructor): `return fail(e);`
      : state_(std::unexpect, std::move(failure.error)) {}

  [[nodiscard]] constexpr bool ok() const { return state_.has_value(); }
  constexpr explicit operator bool() const { return ok(); }
  [[nodiscard]] constexpr const E& error() const {
    if (ok()) die(__FILE__, __LINE__, "error() of a Result that succeeded");
    return state_.error();
  }

 private:
  std::expected<void, E> state_;
};

}  // namespace sealpost

// For bugs, never for what the outside world controls.
#define SEALPOST_CHECK(condition)                                      \
  do {                                                                 \
    if (!(condition)) ::sealpost::die(__FILE__, __LINE__, #condition); \
  } while (false)

#define SEALPOST_CONCAT_INNER(a, b) a##b
#define SEALPOST_CONCAT(a, b) SEALPOST_CONCAT_INNER(a, b)
#define SEALPOST_TRY_IMPL(temporary, declaration, expression)      \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) return ::sealpost::fail(temporary.error()); \
  declaration = *std::move(temporary)

// SEALPOST_TRY(auto x, f()): x is f()'s value, or the caller returns f()'s error.
#define SEALPOST_TRY(declaration, expression) \
  SEALPOST_TRY_IMPL(SEALPOST_CONCAT(sealpost_try_, __COUNTER__), declaration, expression)
// SEALPOST_TRY_VOID(f()): the same for a Result<void, E>.
#define SEALPOST_TRY_VOID_IMPL(temporary, expression)                                               \
  do {                                                                                              \
    if (auto temporary = (expression); !temporary.ok()) return ::sealpost::fail(temporary.error()); \
  } while (false)
#define SEALPOST_TRY_VOID(expression) \
  SEALPOST_TRY_VOID_IMPL(SEALPOST_CONCAT(sealpost_try_, __COUNTER__), expression)
