// A directory of its own that is gone at the end. Tests only.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace sealpost {

class ScratchDirectory final {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "sealpost-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sealpost
