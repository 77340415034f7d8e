#include "cli/terminal.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::cli {
namespace {

class Terminal final : public Progress {
 public:
  Terminal(bool live, bool quiet, bool verbose) : live_(live), quiet_(quiet), verbose_(verbose) {}
  ~Terminal() override { clear(); }

  void stage(std::string_view name, std::uint64_t total) override {
    const std::lock_guard hold(mutex_);
    stage_ = name;
    total_ = total;
    done_ = 0;
    draw("", true);
  }
  void step(std::string_view what, std::uint64_t units) override {
    const std::lock_guard hold(mutex_);
    done_ += units;
    draw(what, false);
  }
  void note(std::string_view text) override {
    const std::lock_guard hold(mutex_);
    if (!quiet_) print("note", text);
  }
  void alarm(std::string_view text) override {
    const std::lock_guard hold(mutex_);
    print("warning", text);
  }
  void detail(std::string_view text) override {
    const std::lock_guard hold(mutex_);
    if (verbose_ && !quiet_) print("detail", text);
  }

 private:
  void print(std::string_view kind, std::string_view text) {
    clear();
    std::fputs(fmt::format("{}: {}\n", kind, shown(text, false)).c_str(), stderr);
  }
  void draw(std::string_view what, bool now) {
    if (!live_ || quiet_) return;
    const auto moment = std::chrono::steady_clock::now();
    if (!now && moment - drawn_ < std::chrono::milliseconds(80)) return;
    drawn_ = moment;
    what = std::string_view(what_ = visible(what));
    std::string line = total_ > 0 ? fmt::format("{} {:3}%  {}", stage_, done_ * 100 / total_, what) : fmt::format("{}  {}", stage_, what);
    if (line.size() > 78) line.resize(78);
    std::fputs(("\r\x1b[K" + line).c_str(), stderr);
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (!shown_) return;
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown_ = false;
  }

  const bool live_, quiet_, verbose_;
  std::mutex mutex_;
  std::string stage_, what_;
  std::uint64_t total_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point drawn_;
  bool shown_ = false;
};

}  // namespace

std::unique_ptr<Progress> terminal_progress(bool live, bool quiet, bool verbose) { return std::make_unique<Terminal>(live, quiet, verbose); }

std::string shown(std::string_view text, bool styles) {
  std::string out;
  while (!text.empty()) {
    const size_t plain = text.find_first_of("\n\t\x1b");
    out += visible(text.substr(0, plain));
    if (plain == std::string_view::npos) break;
    text.remove_prefix(plain);
    size_t length = text[0] == '\x1b' ? 0 : 1;
    for (const std::string_view style : {style_bold, style_faint, style_none}) {
      if (styles && text.starts_with(style)) length = style.size();
    }
    out += length == 0 ? visible(text.substr(0, 1)) : std::string(text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace ashlar::cli
