#pragma once
// An Intake that keeps everything, for tests, fuzz drivers and benchmarks.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "advisory/feeds.h"

namespace ashlar::advisory {

struct Collected final : Intake {
  std::vector<Advisory> advisories;
  std::vector<Exploited> exploited;
  std::vector<Likelihood> likelihoods;
  std::vector<Support> supports;
  std::vector<Newest> newest;
  std::vector<std::string> covered;
  std::vector<Time> dates;
  std::map<std::string, std::vector<std::string>> notes;  ///< what, and the records that it happened to
  friend bool operator==(const Collected& a, const Collected& b) {
    return a.advisories == b.advisories && a.exploited == b.exploited && a.likelihoods == b.likelihoods && a.supports == b.supports && a.newest == b.newest && a.covered == b.covered && a.dates == b.dates &&
           a.notes == b.notes;
  }

  void add(Advisory advisory) override { advisories.push_back(std::move(advisory)); }
  void add(Exploited one) override { exploited.push_back(std::move(one)); }
  void add(Likelihood one) override { likelihoods.push_back(std::move(one)); }
  void add(Support support) override { supports.push_back(std::move(support)); }
  void add(Newest one) override { newest.push_back(std::move(one)); }
  void cover(std::string_view space) override { covered.emplace_back(space); }
  void dated(Time when) override { dates.push_back(when); }
  void note(std::string_view what, std::string_view record) override { notes[std::string(what)].emplace_back(record); }
};

/// Bytes with simdjson's padding behind them, zeros or whatever `filler` is.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text, char filler = '\0') : size_(text.size()), held_(text) { held_.append(64, filler); }
  BytesView bytes() const { return as_bytes(std::string_view(held_).substr(0, size_)); }

 private:
  size_t size_;
  std::string held_;
};

/// Reads one document by the format of that name.
inline Result<Collected> collect(std::string_view format_name, std::string_view text, const FeedSettings& settings = {}, std::string_view path = "x", char filler = '\0') {
  TRY_ASSIGN(const Format* found, format(format_name));
  const PaddedText padded(text, filler);
  Collected out;
  TRY(found->read({path, padded.bytes()}, settings, out));
  return out;
}

}  // namespace ashlar::advisory
