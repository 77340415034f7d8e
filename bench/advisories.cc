// A feed of real size in the form of Debian's tracker, and how fast feeds are read.
//
//   advisories generate FILE [RECORDS]   writes a tracker JSON: records (190,000) of 3 Debian releases, about 80 MB; the same bytes every time
//   advisories read FORMAT PATH...       reads each file, or every file below each folder that fits the format, five times; MB/s of
//                                        the median of processor time, which others on the machine do not lengthen much
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "advisory/feeds.h"

namespace {

using namespace ashlar;
using namespace ashlar::advisory;

constexpr const char* words_of_descriptions[] = {"A", "flaw", "was", "found", "in", "the", "way", "that", "handles", "crafted", "input", "which", "allows", "remote", "attackers", "to", "cause", "denial",
                                                 "of", "service", "via", "an", "out-of-bounds", "read", "heap", "overflow", "parser", "before", "version", "and", "execute", "arbitrary", "code"};

/// What a record of the real tracker has, in its order of keys and about its lengths.
class Writer {
 public:
  explicit Writer(std::ofstream& out) : out_(out) {}

  void write(size_t records) {
    out_ << "{";
    size_t written = 0;
    for (size_t package = 0; written < records; ++package) {
      // Few packages have many records, as linux and firefox do, and most have some.
      const size_t own = std::min(records - written, package % 1000 == 0 ? size_t{6000} : package % 40 == 0 ? 300 + below(300) : 1 + below(30));
      out_ << (package == 0 ? "" : ", ") << "\"source-" << package << "\": {";
      for (size_t at = 0; at < own; ++at) write_record(at == 0, package, at, written++);
      out_ << "}";
    }
    out_ << "}";
  }

 private:
  size_t below(size_t limit) { return static_cast<size_t>(random_()) % limit; }

  void write_record(bool first, size_t package, size_t at, size_t number) {
    out_ << (first ? "" : ", ");
    if (below(50) == 0) out_ << "\"TEMP-" << 1000000 + number << "-" << 100000 + below(900000) << "\"";
    else out_ << "\"CVE-" << 2005 + number % 21 << "-" << 10000 + number << "\"";
    out_ << ": {";
    if (below(3) == 0) {
      out_ << "\"description\": \"";
      for (size_t word = 0; word < 10; ++word) out_ << (word == 0 ? "" : " ") << words_of_descriptions[below(std::size(words_of_descriptions))];
      out_ << "\", ";
    }
    if (below(8) == 0) out_ << "\"debianbug\": " << 500000 + below(600000) << ", ";
    out_ << "\"scope\": \"" << (below(3) == 0 ? "local" : "remote") << "\", \"releases\": {";
    const char* const releases[] = {"bookworm", "bullseye", "trixie"};
    for (size_t release = 0; release < std::size(releases); ++release) write_release(release == 0, releases[release], release, package, at);
    out_ << "}}";
  }

  void write_release(bool first, const char* name, size_t release, size_t package, size_t at) {
    const std::string version = std::to_string(1 + package % 9) + "." + std::to_string(at % 30) + "." + std::to_string(release) + "-" + std::to_string(1 + below(5));
    const bool open = below(8) == 0;
    out_ << (first ? "" : ", ") << "\"" << name << "\": {\"status\": \"" << (open ? "open" : "resolved") << "\", \"repositories\": {\"" << name << "\": \"" << version << "\"}, ";
    if (!open) out_ << "\"fixed_version\": \"" << (below(6) == 0 ? "0" : version) << "\", ";
    constexpr const char* urgencies[] = {"not yet assigned", "not yet assigned", "not yet assigned", "unimportant", "low", "medium", "high", "end-of-life"};
    out_ << "\"urgency\": \"" << urgencies[below(std::size(urgencies))] << "\"";
    if (open && below(2) == 0) out_ << ", \"nodsa\": \"Minor issue\", \"nodsa_reason\": \"" << (below(2) == 0 ? "" : "postponed") << "\"";
    out_ << "}";
  }

  std::ofstream& out_;
  std::minstd_rand random_{20261126};
};

/// Counts, and lets go of, what it gets.
struct Counting final : Intake {
  size_t values = 0, notes = 0;
  void add(Advisory) override { ++values; }
  void add(Exploited) override { ++values; }
  void add(Likelihood) override { ++values; }
  void add(Support) override { ++values; }
  void add(Newest) override { ++values; }
  void cover(std::string_view) override {}
  void dated(Time) override {}
  void note(std::string_view, std::string_view) override { ++notes; }
};

constexpr size_t padding = 64;

/// A file and the padding that a Document promises.
std::string contents_of(const std::filesystem::path& path) {
  std::string out(std::filesystem::file_size(path) + padding, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(out.data(), static_cast<std::streamsize>(out.size() - padding));
  return out;
}

/// Of this process, in seconds.
double processor_time() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

int read(const std::string& name, const std::vector<std::string>& paths) {
  const auto found = format(name);
  if (!found) return std::fprintf(stderr, "%s\n", found.error().message.c_str()), 1;
  std::vector<std::pair<std::string, std::string>> documents;  // with their padding
  double bytes = 0;
  for (const std::string& path : paths) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file() && entry.path().string().ends_with((*found)->member_suffix)) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(path);
    }
    for (const auto& file : files) {
      documents.emplace_back(file.string(), contents_of(file));
      bytes += static_cast<double>(documents.back().second.size());
    }
  }
  FeedSettings settings;
  settings.releases = {{"buster", "10"}, {"bullseye", "11"}, {"bookworm", "12"}, {"trixie", "13"}, {"sid", ""}};
  settings.space = name == "wolfi-advisories" ? "Wolfi" : name == "eol" || name.starts_with("debian") ? "Debian:13" : "";
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  std::vector<double> seconds;
  Counting counted;
  for (int run = 0; run < 5; ++run) {
    counted = {};
    const double start = processor_time();
    for (const auto& [path, text] : documents) {
      const auto done = (*found)->read({path, as_bytes(std::string_view(text).substr(0, text.size() - padding))}, settings, counted);
      if (!done) return std::fprintf(stderr, "%s\n", done.error().message.c_str()), 1;
    }
    seconds.push_back(processor_time() - start);
  }
  getrusage(RUSAGE_SELF, &after);
  std::sort(seconds.begin(), seconds.end());
  std::printf("%-22s %7zu documents %9.1f MB %8zu values %8zu notes %8.3f s %8.1f MB/s  +%ld MiB\n", name.c_str(), documents.size(), bytes / 1e6, counted.values, counted.notes, seconds[2], bytes / 1e6 / seconds[2],
              (after.ru_maxrss - before.ru_maxrss) / 1024);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() >= 2 && words[0] == "generate") {
    std::ofstream out(words[1], std::ios::binary);
    Writer(out).write(words.size() > 2 ? std::stoul(words[2]) : 190'000);
    return out ? 0 : 1;
  }
  if (words.size() >= 3 && words[0] == "read") return read(words[1], {words.begin() + 2, words.end()});
  std::fprintf(stderr, "usage: advisories generate FILE [RECORDS] | read FORMAT PATH...\n");
  return 2;
}
