#include "base/charts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/html.h"

namespace ashlar {
namespace {

std::string svg_head(std::string_view id, std::string_view title, std::string_view description, int width, size_t height) {
  return fmt::format("<figure><svg role=\"img\" aria-labelledby=\"{0}-title {0}-desc\" viewBox=\"0 0 {3} {4}\" width=\"{3}\" height=\"{4}\"><title id=\"{0}-title\">{1}</title><desc id=\"{0}-desc\">{2}</desc>", id, escape_html(title), escape_html(description), width, height);
}

}  // namespace

std::string_view chart_style() {
  return R"(<style>
.pair{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start}.pair>figure{flex:0 0 auto}.pair>table{flex:1 1 18rem;width:auto}
.bar{fill:#2563eb}.bar.second{fill:#7c3aed}.line{fill:none;stroke:#b91c1c;stroke-width:2}.line.second{stroke:#2563eb;stroke-dasharray:5 3}.area{fill:#b91c1c;opacity:.15}.axis{stroke:var(--line)}
@media (prefers-color-scheme:dark){.bar{fill:#60a5fa}.bar.second{fill:#a78bfa}.line{stroke:#f87171}.line.second{stroke:#60a5fa}.area{fill:#f87171}}
td.number{text-align:right;font-variant-numeric:tabular-nums}.late{color:#b91c1c;font-weight:600}@media (prefers-color-scheme:dark){.late{color:#f87171}}
</style>
)";
}

std::string html_table(std::string_view id, std::string_view caption, const std::vector<std::string_view>& heads, const std::vector<std::vector<std::string>>& rows) {
  std::string out = fmt::format("<table id=\"{}\"><caption>{}</caption><thead><tr>", id, escape_html(caption));
  for (const std::string_view head : heads) out += fmt::format("<th scope=\"col\">{}</th>", escape_html(head));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) {
      const bool number = !cell.empty() && cell[0] >= '0' && cell[0] <= '9' && cell.size() < 9;
      out += fmt::format("<td{}>{}</td>", number ? " class=\"number\"" : "", escape_html(cell));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string bar_chart(std::string_view id, std::string_view title, std::string_view description, const std::vector<ChartBar>& bars) {
  double most = 0;
  for (const ChartBar& each : bars) most = std::max(most, each.value);
  std::string out = svg_head(id, title, description, 480, bars.size() * 26 + 4);
  for (size_t at = 0; at < bars.size(); ++at) {
    const double width = most > 0 ? 280 * bars[at].value / most : 0;
    out += fmt::format("<text x=\"0\" y=\"{}\">{}</text><rect class=\"bar{}\" x=\"110\" y=\"{}\" width=\"{:.1f}\" height=\"18\"/><text x=\"{:.1f}\" y=\"{}\">{}</text>", at * 26 + 17, escape_html(bars[at].label), bars[at].second ? " second" : "", at * 26 + 4, width, 116 + width,
                       at * 26 + 17, escape_html(bars[at].text));
  }
  return out + fmt::format("</svg><figcaption>{}</figcaption></figure>\n", escape_html(title));
}

std::string step_chart(std::string_view id, std::string_view title, std::string_view description, std::string_view first, std::string_view last, std::span<const ChartSeries> all) {
  size_t most = 1, length = 0;
  for (const ChartSeries& series : all) {
    for (const size_t each : series.values) most = std::max(most, each);
    length = std::max(length, series.values.size());
  }
  if (length == 0) return {};
  const double wide = 440.0 / static_cast<double>(length);
  std::string out = svg_head(id, title, description, 480, 175);
  out += fmt::format("<line class=\"axis\" x1=\"30\" y1=\"150\" x2=\"470\" y2=\"150\"/><line class=\"axis\" x1=\"30\" y1=\"20\" x2=\"470\" y2=\"20\"/><text x=\"0\" y=\"24\">{}</text><text x=\"0\" y=\"154\">0</text>", most);
  for (size_t which = 0; which < all.size(); ++which) {
    std::string line;
    double x = 30, y = 150;
    for (const size_t value : all[which].values) {
      y = 150 - 130.0 * static_cast<double>(value) / static_cast<double>(most);
      line += fmt::format("{}{:.1f},{:.1f} {:.1f},{:.1f}", line.empty() ? "" : " ", x, y, x + wide, y);
      x += wide;
    }
    if (which == 0) out += fmt::format("<polygon class=\"area\" points=\"30,150 {} 470,150\"/>", line);
    out += fmt::format("<polyline class=\"line{}\" points=\"{}\"/>", which == 0 ? "" : " second", line);
    if (all.size() > 1) out += fmt::format("<text x=\"466\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", y - 5, escape_html(all[which].name));
  }
  out += fmt::format("<text x=\"30\" y=\"170\">{}</text><text x=\"470\" y=\"170\" text-anchor=\"end\">{}</text>", escape_html(first), escape_html(last));
  return out + fmt::format("</svg><figcaption>{}</figcaption></figure>\n", escape_html(title));
}

}  // namespace ashlar
