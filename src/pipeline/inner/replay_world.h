#pragma once
// The world as recorded facts have made it so far: what archives offer, and what is said of it.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/history.h"
#include "pipeline/recorded_history.h"

namespace ashlar::pipeline {

/// What a source package became, or is asked about: release and name.
using ReleaseSource = std::pair<std::string, std::string>;
/// What an image is made of: version by source package.
using SourceVersions = std::map<std::string, std::string>;

class World {
 public:
  /// Takes a fact; they come in the order of RecordedHistory.
  void take(const Fact& fact);

  struct Image {
    std::string release;
    SourceVersions sources;  ///< as recorded
    friend bool operator==(const Image&, const Image&) = default;
  };
  const std::map<std::string, Image>& images() const { return images_; }

  /// `sources` with the newest version that is offered in its place, where that is newer. `security_only`: of those that security archives offer.
  SourceVersions newest(const std::string& release, const SourceVersions& sources, bool security_only) const;
  /// Whether a security archive offered one of the versions in which `newer` differs.
  bool takes_of_security(const std::string& release, const SourceVersions& before, const SourceVersions& newer) const;
  /// Why an image of these sources does not pass; empty: it does.
  std::string broken(const std::string& release, const SourceVersions& sources) const;

  /// What a scanner says of an image.
  struct Look {
    std::map<FindingName, SeenFinding> seen{};   ///< what its versions have, with statements and decisions
    std::map<FindingName, Time> fixable{};       ///< of them what the archives have a fix for, since when
    size_t named = 0;                            ///< advisories on its source packages, whatever their status
    std::optional<Time> until{};                 ///< what was said of it holds as long
  };
  Look look(const std::string& image, const std::string& release, const SourceVersions& sources, Time now) const;

  /// How many facts were about these packages, or about vulnerabilities at large: where it did not change, look() says the same.
  size_t touched(const std::string& release, const SourceVersions& sources) const;

 private:
  struct Offer { std::string version; Time at; bool security; };
  struct Told { std::string fixed_in; advisory::Severity severity; Time published; };
  struct Exploit { Time added; std::optional<Time> due; };
  struct Word { scan::Status status; std::string reason; std::optional<Time> until; };
  using Advisories = std::map<ReleaseSource, std::map<std::string, Told>>;

  const Word* assessment(const std::string& image, const std::string& id, const std::string& source, Time now, Look& out) const;
  void look_at(const std::string& image, const std::string& release, const std::string& source, const std::string& version, const std::string& id, const Told& told, Time now, Look& out) const;
  std::optional<Time> offered_since(const std::string& release, const std::string& source, const std::string& version) const;

  std::map<std::string, Image> images_;
  std::map<ReleaseSource, std::vector<Offer>> offers_;
  std::map<ReleaseSource, std::map<std::string, std::string>> broken_;  ///< reason by version
  Advisories advisories_;                                              ///< by vulnerability; release "": of every one
  std::map<std::string, advisory::Severity> rescored_;
  std::map<std::string, Exploit> exploited_;
  std::map<std::string, std::map<std::pair<std::string, std::string>, Word>> assessed_;  ///< by vulnerability; image, source: "" is every one
  std::map<ReleaseSource, size_t> touched_;
  size_t touched_at_large_ = 0;
};

}  // namespace ashlar::pipeline
