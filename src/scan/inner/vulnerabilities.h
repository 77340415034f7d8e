#pragma once
// The vulnerabilities that a finding is of.
#include <set>
#include <string>
#include <string_view>

#include "scan/finding.h"

namespace ashlar::scan {

/// One, or several where an advisory answers them at once (DSA-1 has CVE-1 and CVE-2): whoever speaks of one of these has not spoken of the others.
class Vulnerabilities {
 public:
  explicit Vulnerabilities(const Finding& finding) : advisory_(finding.id) {
    take(finding.id);
    for (const std::string& each : finding.aliases) take(each);
    if (all_.size() < 2) all_ = {finding.id};
  }
  bool several() const { return all_.size() > 1; }
  const std::set<std::string>& all() const { return all_; }
  /// Those that a name of the finding means: the advisory's own means all, and so does any where there is but one.
  std::set<std::string> meant_by(const std::string& name) const {
    if (!several() || (name == advisory_ && !all_.contains(name))) return all_;
    return all_.contains(name) ? std::set{name} : std::set<std::string>();
  }

 private:
  void take(const std::string& name) {
    if (name.starts_with("CVE-")) all_.insert(name);
  }

  std::string advisory_;
  std::set<std::string> all_;
};

}  // namespace ashlar::scan
