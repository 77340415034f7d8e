#pragma once
// For tests: a small archive, signed by a key made on the spot, served on the loopback address.
#include <lzma.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "deb/archive.h"
#include "host/loopback.h"
#include "host/machine.h"
#include "trust/sample_key.h"

namespace ashlar::deb::fixture {

using SigningKey = trust::SampleKey;

inline std::string xz(const std::string& text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  size_t used = 0;
  lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &used,
                          out.size());
  out.resize(used);
  return out;
}

inline Time real_now() { return {std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }
inline std::string mail_date(Time time) { return fmt::format("{:%a, %d %b %Y %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(time.seconds))); }

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ashlar-test-XXXXXX").string();
    static std::atomic<int> count = 0;
    name.replace(name.size() - 6, 6, fmt::format("{}-{}", std::chrono::steady_clock::now().time_since_epoch().count(), count++));
    path = name;
    std::filesystem::create_directories(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  host::Path path;
};

class Clock final : public host::Clock {
 public:
  Time now() override { return real_now(); }
};

/// The real machine's files and connections.
inline host::Machine machine() {
  host::Machine out;
  out.files = host::machine_files();
  out.http = host::machine_http();
  out.clock = std::make_unique<Clock>();
  out.environment = [](const std::string&) { return std::nullopt; };
  return out;
}

/// Remembers what it was told.
class Listener final : public Progress {
 public:
  void stage(std::string_view, std::uint64_t) override {}
  void step(std::string_view, std::uint64_t) override {}
  void note(std::string_view text) override {
    const std::lock_guard hold(mutex_);
    notes.emplace_back(text);
  }
  void detail(std::string_view text) override {
    const std::lock_guard hold(mutex_);
    details.emplace_back(text);
  }
  std::vector<std::string> notes, details;

 private:
  std::mutex mutex_;
};

/// What an archive publishes: files by path, written to a server's folder by sync().
struct Site {
  std::map<std::string, std::string> files;
  host::Path folder;

  void sync() {
    for (const auto& [path, content] : written_) {
      if (!files.contains(path)) std::filesystem::remove(folder.string() + path);
    }
    for (const auto& [path, content] : files) {
      if (const auto before = written_.find(path); before != written_.end() && before->second == content) continue;
      const host::Path target = folder.string() + path;
      std::filesystem::create_directories(target.parent_path());
      std::ofstream(target, std::ios::binary | std::ios::trunc) << content;
    }
    written_ = files;
  }

 private:
  std::map<std::string, std::string> written_;
};

inline host::LoopbackFault answers(int status, int times = 1 << 30) {
  host::LoopbackFault out;
  out.status = status;
  out.times = times;
  return out;
}
inline host::LoopbackFault cuts_once(std::uint64_t after) {
  host::LoopbackFault out;
  out.cut_after = after;
  out.times = 1;
  return out;
}
inline host::LoopbackFault knows_no_ranges() {
  host::LoopbackFault out;
  out.ignore_range = true;
  return out;
}

inline std::string stanza(const std::string& name, const std::string& architecture, const std::string& content, const std::string& version = "1.0") {
  return fmt::format("Package: {0}\nVersion: {1}\nArchitecture: {2}\nFilename: pool/{0}_{1}_{2}.deb\nSize: {3}\nSHA256: {4}\nDescription: of a test\n\n", name, version, architecture,
                     content.size(), Digest::of(content).hex());
}

/// How a suite is published; what is not said is right.
struct Published {
  Time date = {real_now().seconds - 3600};
  std::optional<Time> valid_until{};
  std::string codename = "trixie";
  bool by_hash = false;
  bool plain_listed = true;
  std::string more{};  ///< further lines of the Release file
};

/// Puts Release and index of suite `trixie` (component main, amd64) on the site.
inline void publish(Site& site, const SigningKey& key, const std::string& index, const Published& how = {}) {
  const std::string packed = xz(index), folder = "main/binary-amd64/";
  std::string release = fmt::format("Origin: Test\nSuite: stable\nCodename: {}\nDate: {}\n", how.codename, mail_date(how.date));
  if (how.valid_until) release += fmt::format("Valid-Until: {}\n", mail_date(*how.valid_until));
  if (how.by_hash) release += "Acquire-By-Hash: yes\n";
  release += how.more + "Architectures: amd64\nComponents: main\nSHA256:\n";
  if (how.plain_listed) release += fmt::format(" {} {} {}Packages\n", Digest::of(index).hex(), index.size(), folder);
  release += fmt::format(" {} {} {}Packages.xz\n", Digest::of(packed).hex(), packed.size(), folder);
  site.files["/dists/trixie/InRelease"] = key.cleartext(release);
  site.files["/dists/trixie/" + folder + "Packages.xz"] = packed;
  if (how.by_hash) site.files[fmt::format("/dists/trixie/{}by-hash/SHA256/{}", folder, Digest::of(packed).hex())] = packed;
}

}  // namespace ashlar::deb::fixture
