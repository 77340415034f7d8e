#pragma once
// Reads what a case says of its image, in the short form of example cases.
#include "policy/cases.h"
#include "policy/inner/section.h"

namespace ashlar::policy {

class CaseFacts : public Section {
 public:
  using Section::Section;
  /// `common`: what the file says of all its cases, where this one says nothing; null: nothing.
  void read(const YamlNode& node, const YamlNode* common, Case& out);

 private:
  /// A member of the case, else of what is common.
  const YamlNode* at(std::string_view key) const;
  /// Of a member that is a mapping in both: each of its keys, the case's own first.
  std::vector<std::pair<std::string_view, const YamlNode*>> merged(std::string_view key, std::span<const std::string_view> names);
  bool is_word(std::string_view key, std::string_view word) const;
  bool time(const YamlNode& node, std::optional<Time>& out);

  void read_image(Case& out);
  void read_base(Case& out);
  void read_base_member(std::string_view key, const YamlNode& node, Case& out);
  void read_selected(const YamlNode& node, Case& out);
  void read_signed(const YamlNode& node, std::optional<VerifyVerdict>& out);
  void read_proofs(Case& out);
  void read_scan(Case& out);
  void read_finding(const YamlNode& node, Case& out);
  bool read_finding_word(std::string_view word, scan::Finding& finding, FindingClock& clock);
  void read_reference(Case& out);

  const YamlNode* case_ = nullptr;
  const YamlNode* common_ = nullptr;
};

}  // namespace ashlar::policy
