#pragma once
// What a check of files found, as people and tools read it.
#include <string>

#include "pipeline/check_files.h"

namespace ashlar::pipeline {

struct CheckForm {
  bool allowed = false;   ///< the answer of the command
  std::string policy{};   ///< its path; empty: none
  std::string environment{};
  bool everything = false;  ///< of text: why each rule is there
};

std::string check_text(const CheckedFiles& checked, const CheckForm& form);
std::string check_json(const CheckedFiles& checked, const CheckForm& form);    ///< `https://ashlar.dev/check/v1`
std::string check_sarif(const CheckedFiles& checked, const CheckForm& form);   ///< SARIF 2.1.0
std::string check_github(const CheckedFiles& checked, const CheckForm& form);  ///< workflow commands, an annotation each
std::string check_gitlab(const CheckedFiles& checked, const CheckForm& form);  ///< GitLab's Code Quality report

}  // namespace ashlar::pipeline
