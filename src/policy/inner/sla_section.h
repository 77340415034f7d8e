#pragma once
// Reads the section `sla` of a policy.
#include "base/yaml_section.h"
#include "policy/sla.h"

namespace ashlar::policy {

class SlaSection : public YamlSection {
 public:
  explicit SlaSection(const YamlDocument& document) : YamlSection(document) {}
  void read(const YamlNode& node, SlaRules& out);

 private:
  /// The place of the member's text among `words`; npos and a fault where it is none of them.
  size_t one_of(const YamlNode& node, std::span<const std::string_view> words);
  void read_limits(const YamlNode& node, SlaLimits& out);
  void read_kev(const YamlNode& node, SlaLimits& out);
  void read_environments(const YamlNode& node, SlaRules& out);
  void read_calendar(const YamlNode& node, Calendar& out);
  void read_holiday(const YamlNode& node, Calendar& out);
  void read_stops(const YamlNode& node, SlaRules& out);
  void read_pauses(const YamlNode& node, SlaRules::Pauses& out);
  bool span(const YamlNode& in, std::string_view key, Span& out);
  bool seconds(const YamlNode& in, std::string_view key, std::int64_t& out);  ///< a span without months
};

}  // namespace ashlar::policy
