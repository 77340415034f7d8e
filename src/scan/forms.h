#pragma once
// The forms of a report: what people read and what other tools take. One form, one file in inner/, one row.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/report.h"

namespace ashlar::scan {

struct FormOptions {
  bool everything = false;  ///< no list cut short
};

struct Form {
  std::string_view name;  ///< as `--format` takes it
  std::string_view summary;
  /// Of one or several reports; the same reports give the same text.
  std::string (*write)(std::span<const Report> reports, const FormOptions& options);
};

std::span<const Form> forms();

}  // namespace ashlar::scan
