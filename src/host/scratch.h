#pragma once
// For tests: a folder for one of them, gone with it.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace ashlar::host {

/// Ends the test program where no folder can be made.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ashlar-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::perror(name.c_str()), std::abort();
    folder_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

}  // namespace ashlar::host
