#include "advisory/inner/cvss.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace ashlar::advisory {
namespace {

constexpr std::array metrics_2 = {
    CvssMetric{"AV", "N|A|L", true},      CvssMetric{"AC", "L|M|H", true},      CvssMetric{"Au", "N|S|M", true},      CvssMetric{"C", "C|P|N", true},
    CvssMetric{"I", "C|P|N", true},       CvssMetric{"A", "C|P|N", true},       CvssMetric{"E", "U|POC|F|H|ND", false}, CvssMetric{"RL", "OF|TF|W|U|ND", false},
    CvssMetric{"RC", "UC|UR|C|ND", false}, CvssMetric{"CDP", "N|L|LM|MH|H|ND", false}, CvssMetric{"TD", "N|L|M|H|ND", false}, CvssMetric{"CR", "L|M|H|ND", false},
    CvssMetric{"IR", "L|M|H|ND", false},  CvssMetric{"AR", "L|M|H|ND", false},
};
constexpr std::array metrics_3 = {
    CvssMetric{"AV", "N|A|L|P", true},    CvssMetric{"AC", "L|H", true},        CvssMetric{"PR", "N|L|H", true},      CvssMetric{"UI", "N|R", true},
    CvssMetric{"S", "U|C", true},         CvssMetric{"C", "H|L|N", true},       CvssMetric{"I", "H|L|N", true},       CvssMetric{"A", "H|L|N", true},
    CvssMetric{"E", "X|H|F|P|U", false},  CvssMetric{"RL", "X|U|W|T|O", false}, CvssMetric{"RC", "X|C|R|U", false},   CvssMetric{"CR", "X|H|M|L", false},
    CvssMetric{"IR", "X|H|M|L", false},   CvssMetric{"AR", "X|H|M|L", false},   CvssMetric{"MAV", "X|N|A|L|P", false}, CvssMetric{"MAC", "X|L|H", false},
    CvssMetric{"MPR", "X|N|L|H", false},  CvssMetric{"MUI", "X|N|R", false},    CvssMetric{"MS", "X|U|C", false},     CvssMetric{"MC", "X|H|L|N", false},
    CvssMetric{"MI", "X|H|L|N", false},   CvssMetric{"MA", "X|H|L|N", false},
};

/// Products of decimals stray from the decimal that they mean by less than this.
constexpr long double stray = 1e-12L;

}  // namespace

std::optional<std::array<int, max_cvss_metrics>> cvss_ranks(std::string_view vector, std::span<const CvssMetric> metrics) {
  std::array<int, max_cvss_metrics> ranks;
  ranks.fill(-1);
  for (const std::string_view part : split(vector, '/')) {
    const auto [name, value] = cut(part, ':');
    const auto metric = std::find_if(metrics.begin(), metrics.end(), [&, wanted = name](const CvssMetric& each) { return each.name == wanted; });
    if (metric == metrics.end()) return std::nullopt;
    int& rank = ranks[static_cast<size_t>(metric - metrics.begin())];
    const auto values = split(metric->values, '|');
    const auto found = std::find(values.begin(), values.end(), value);
    if (rank >= 0 || found == values.end()) return std::nullopt;
    rank = static_cast<int>(found - values.begin());
  }
  for (size_t at = 0; at < metrics.size(); ++at) {
    if (metrics[at].mandatory && ranks[at] < 0) return std::nullopt;
  }
  return ranks;
}

std::optional<double> cvss_2(std::string_view vector) {
  const auto ranks = cvss_ranks(vector, metrics_2);
  if (!ranks) return std::nullopt;
  const auto at = [&](size_t metric) { return static_cast<size_t>((*ranks)[metric]); };
  constexpr std::array<long double, 3> av = {1, 0.646L, 0.395L}, ac = {0.71L, 0.61L, 0.35L}, au = {0.704L, 0.56L, 0.45L}, impact = {0.660L, 0.275L, 0};
  const long double hurt = 10.41L * (1 - (1 - impact[at(3)]) * (1 - impact[at(4)]) * (1 - impact[at(5)]));
  if (hurt < stray) return 0;
  const long double ease = 20 * av[at(0)] * ac[at(1)] * au[at(2)];
  return static_cast<double>(std::floor((0.6L * hurt + 0.4L * ease - 1.5L) * 1.176L * 10 + 0.5L + stray) / 10);
}

std::optional<double> cvss_3(std::string_view vector) {
  const auto ranks = cvss_ranks(vector, metrics_3);
  if (!ranks) return std::nullopt;
  const auto at = [&](size_t metric) { return static_cast<size_t>((*ranks)[metric]); };
  constexpr std::array<long double, 4> av = {0.85L, 0.62L, 0.55L, 0.2L};
  constexpr std::array<long double, 2> ac = {0.77L, 0.44L}, ui = {0.85L, 0.62L};
  constexpr std::array<long double, 3> pr = {0.85L, 0.62L, 0.27L}, pr_changed = {0.85L, 0.68L, 0.5L}, impact = {0.56L, 0.22L, 0};
  const bool changed = at(4) == 1;
  const long double base = 1 - (1 - impact[at(5)]) * (1 - impact[at(6)]) * (1 - impact[at(7)]);
  const long double hurt = changed ? 7.52L * (base - 0.029L) - 3.25L * std::pow(base - 0.02L, 15.0L) : 6.42L * base;
  if (hurt < stray) return 0;
  const long double ease = 8.22L * av[at(0)] * ac[at(1)] * (changed ? pr_changed : pr)[at(2)] * ui[at(3)];
  const long double sum = std::min(10.0L, (changed ? 1.08L : 1.0L) * (hurt + ease));
  return static_cast<double>(std::ceil(sum * 10 - stray) / 10);  // "Roundup", appendix A: the next tenth
}

}  // namespace ashlar::advisory
