// Text that must not leak: wiped when it dies, moved but never copied, and printed as a mask.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace sealpost::sdk {

class Secret final {
 public:
  // Copies the text into memory that is wiped at the end, and wipes the string given.
  static Secret take(std::string&& text);
  // For text that the caller keeps (and wipes) itself.
  static Secret copy_of(std::string_view text);

  Secret(Secret&&) noexcept;
  Secret& operator=(Secret&&) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::size_t size() const;
  // The text itself. Its name is long so that a search finds every use.
  [[nodiscard]] std::string_view reveal_secret_text() const;
  bool operator==(const Secret&) const = delete;

 private:
  struct Storage;
  explicit Secret(std::unique_ptr<Storage> storage);
  std::unique_ptr<Storage> storage_;
};

// Writes "[secret]".
std::ostream& operator<<(std::ostream& out, const Secret&);

}  // namespace sealpost::sdk
