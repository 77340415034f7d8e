#pragma once
// Charts of our HTML pages: inline SVG with a name and a description for who does not see it, and tables to stand beside. Colours follow light and dark.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

/// The `<style>` element of what is below; once a page.
std::string_view chart_style();

/// Cells are texts of others; those that begin with a digit and are short stand right.
std::string html_table(std::string_view id, std::string_view caption, const std::vector<std::string_view>& heads, const std::vector<std::vector<std::string>>& rows);

struct ChartBar {
  std::string label, text;  ///< before and behind the bar
  double value = 0;         ///< from 0
  bool second = false;      ///< in the second colour
};
std::string bar_chart(std::string_view id, std::string_view title, std::string_view description, const std::vector<ChartBar>& bars);

/// Values of one moment after the other, all at the same distance.
struct ChartSeries {
  std::string name{};  ///< shown at its line's end where there are several
  std::vector<size_t> values{};
};
/// Steps from zero up; the area below the first series is filled. `first` and `last` name the ends of the axis. Empty where no series has a value.
std::string step_chart(std::string_view id, std::string_view title, std::string_view description, std::string_view first, std::string_view last, std::span<const ChartSeries> all);

}  // namespace ashlar
