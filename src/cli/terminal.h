#pragma once
// Progress on a terminal: one line on standard error that is written over, and notes above it.
#include <memory>
#include <string>
#include <string_view>

#include "base/progress.h"

namespace ashlar::cli {

inline constexpr std::string_view style_bold = "\x1b[1m", style_faint = "\x1b[2m", style_none = "\x1b[0m";

/// `live`: draw the line of the present stage; else notes alone are printed. `quiet`: alarms alone. `verbose`: details, too.
std::unique_ptr<Progress> terminal_progress(bool live, bool quiet, bool verbose);

/// A text of several lines as a terminal may be given it: what names of others hold shows itself (visible()), line ends and tabs stay, and with `styles` the
/// sequences of bold() and faint().
std::string shown(std::string_view text, bool styles);

}  // namespace ashlar::cli
