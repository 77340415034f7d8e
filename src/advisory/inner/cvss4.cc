// CVSS 4.0: six equivalence classes give a macrovector, whose score is in a table; within it the score falls by how far the vector is from its class's top.
#include <algorithm>
#include <cmath>
#include <span>

#include "advisory/inner/cvss.h"

namespace ashlar::advisory {
namespace {

enum Metric : unsigned char { AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, E, CR, IR, AR, MAV, MAC, MAT, MPR, MUI, MVC, MVI, MVA, MSC, MSI, MSA };

/// Values by rank, the worst first; X, not defined, is the last. Of subsequent systems (SC, SI, SA) rank 0 is Safety, which only MSI and MSA can have.
constexpr std::array metrics_4 = {
    CvssMetric{"AV", "N|A|L|P", true},     CvssMetric{"AC", "L|H", true},       CvssMetric{"AT", "N|P", true},       CvssMetric{"PR", "N|L|H", true},
    CvssMetric{"UI", "N|P|A", true},       CvssMetric{"VC", "H|L|N", true},     CvssMetric{"VI", "H|L|N", true},     CvssMetric{"VA", "H|L|N", true},
    CvssMetric{"SC", "-|H|L|N", true},     CvssMetric{"SI", "-|H|L|N", true},   CvssMetric{"SA", "-|H|L|N", true},   CvssMetric{"E", "A|P|U|X", false},
    CvssMetric{"CR", "H|M|L|X", false},    CvssMetric{"IR", "H|M|L|X", false},  CvssMetric{"AR", "H|M|L|X", false},  CvssMetric{"MAV", "N|A|L|P|X", false},
    CvssMetric{"MAC", "L|H|X", false},     CvssMetric{"MAT", "N|P|X", false},   CvssMetric{"MPR", "N|L|H|X", false}, CvssMetric{"MUI", "N|P|A|X", false},
    CvssMetric{"MVC", "H|L|N|X", false},   CvssMetric{"MVI", "H|L|N|X", false}, CvssMetric{"MVA", "H|L|N|X", false}, CvssMetric{"MSC", "-|H|L|N|X", false},
    CvssMetric{"MSI", "S|H|L|N|X", false}, CvssMetric{"MSA", "S|H|L|N|X", false}, CvssMetric{"S", "X|N|P", false},   CvssMetric{"AU", "X|N|Y", false},
    CvssMetric{"R", "X|A|U|I", false},     CvssMetric{"V", "X|D|C", false},     CvssMetric{"RE", "X|L|M|H", false},  CvssMetric{"U", "X|Clear|Green|Amber|Red", false},
};
static_assert(metrics_4.size() <= max_cvss_metrics);

/// Scores of macrovectors in tenths (CVSS 4.0 specification, section 8.3), by EQ1, EQ2, the pair of EQ3 and EQ6 (00 01 10 11 21), EQ4, EQ5.
constexpr std::array<unsigned char, 270> macrovectors = {
    100, 98, 95, 100, 93, 91, 93, 89, 81, 99, 95, 92, 96, 87, 81, 90, 80, 68, 98, 95, 90, 93, 89, 81, 88, 78, 69,
    95, 92, 84, 92, 81, 65, 80, 70, 48, 92, 82, 72, 79, 69, 50, 69, 55, 27,
    99, 95, 92, 95, 90, 84, 92, 82, 72, 97, 92, 85, 91, 83, 71, 81, 71, 53, 95, 92, 85, 92, 80, 70, 84, 71, 50,
    93, 85, 73, 82, 72, 59, 70, 52, 30, 86, 75, 52, 71, 52, 29, 63, 29, 17,
    98, 94, 91, 94, 86, 77, 87, 74, 63, 95, 87, 81, 89, 74, 64, 75, 63, 49, 94, 88, 76, 86, 74, 59, 72, 57, 52,
    89, 77, 67, 76, 58, 50, 57, 52, 25, 83, 70, 54, 65, 58, 26, 53, 21, 13,
    95, 88, 76, 90, 75, 61, 77, 68, 52, 90, 76, 70, 77, 62, 53, 66, 59, 30, 89, 76, 62, 74, 57, 47, 61, 57, 24,
    78, 67, 58, 59, 57, 23, 52, 29, 16, 71, 59, 30, 58, 26, 15, 23, 13, 6,
    93, 86, 75, 86, 74, 56, 70, 52, 40, 87, 72, 58, 74, 61, 34, 54, 40, 22, 85, 74, 62, 72, 55, 46, 53, 34, 19,
    75, 55, 51, 57, 41, 19, 36, 19, 8, 64, 51, 20, 47, 21, 11, 24, 9, 4,
    88, 73, 60, 73, 59, 41, 54, 45, 20, 75, 53, 50, 55, 40, 20, 43, 22, 11, 75, 58, 40, 61, 48, 20, 46, 17, 8,
    55, 45, 21, 51, 18, 9, 18, 7, 2, 53, 24, 14, 24, 12, 5, 10, 3, 1,
};

/// EQ3 and EQ6 hang together: their pairs as they stand in the table.
enum Pair : int { P00, P01, P10, P11, P21 };

struct Macrovector {
  int eq1, eq2, pair, eq4, eq5;
  /// Its score in tenths, or -1 where there is none.
  int score() const {
    if (eq1 > 2 || eq2 > 1 || pair > P21 || eq4 > 2 || eq5 > 2) return -1;
    return macrovectors[static_cast<size_t>((((eq1 * 2 + eq2) * 5 + pair) * 3 + eq4) * 3 + eq5)];
  }
};

using Ranks = std::array<int, AR + 1>;  ///< of AV to AR, after modification

Macrovector macrovector_of(const Ranks& m) {
  Macrovector out{};
  const bool network = m[AV] == 0, no_privileges = m[PR] == 0, no_interaction = m[UI] == 0;
  if (network && no_privileges && no_interaction) out.eq1 = 0;
  else out.eq1 = (network || no_privileges || no_interaction) && m[AV] != 3 ? 1 : 2;
  out.eq2 = m[AC] == 0 && m[AT] == 0 ? 0 : 1;
  const bool high = m[VC] == 0 || m[VI] == 0 || m[VA] == 0;
  const int eq3 = m[VC] == 0 && m[VI] == 0 ? 0 : high ? 1 : 2;
  const bool asked = (m[CR] == 0 && m[VC] == 0) || (m[IR] == 0 && m[VI] == 0) || (m[AR] == 0 && m[VA] == 0);
  out.pair = eq3 == 2 ? P21 : eq3 * 2 + (asked ? 0 : 1);
  if (m[SI] == 0 || m[SA] == 0) out.eq4 = 0;
  else out.eq4 = m[SC] == 1 || m[SI] == 1 || m[SA] == 1 ? 1 : 2;
  out.eq5 = m[E];
  return out;
}

using Top = std::array<int, 6>;  ///< the ranks of a highest vector of a class, as many as it has metrics

constexpr std::array<Top, 1> eq1_tops_0 = {Top{0, 0, 0}};
constexpr std::array<Top, 3> eq1_tops_1 = {Top{1, 0, 0}, Top{0, 1, 0}, Top{0, 0, 1}};
constexpr std::array<Top, 2> eq1_tops_2 = {Top{3, 0, 0}, Top{1, 1, 1}};
constexpr std::array<Top, 1> eq2_tops_0 = {Top{0, 0}};
constexpr std::array<Top, 2> eq2_tops_1 = {Top{1, 0}, Top{0, 1}};
constexpr std::array<Top, 1> pair_tops_00 = {Top{0, 0, 0, 0, 0, 0}};
constexpr std::array<Top, 2> pair_tops_01 = {Top{0, 0, 1, 1, 1, 0}, Top{0, 0, 0, 1, 1, 1}};
constexpr std::array<Top, 2> pair_tops_10 = {Top{1, 0, 0, 0, 0, 0}, Top{0, 1, 0, 0, 0, 0}};
constexpr std::array<Top, 5> pair_tops_11 = {Top{1, 0, 1, 0, 1, 0}, Top{1, 0, 0, 0, 1, 1}, Top{0, 1, 0, 1, 0, 1}, Top{0, 1, 1, 1, 0, 0}, Top{1, 1, 0, 0, 0, 1}};
constexpr std::array<Top, 1> pair_tops_21 = {Top{1, 1, 1, 0, 0, 0}};
constexpr std::array<Top, 1> eq4_tops_0 = {Top{1, 0, 0}};
constexpr std::array<Top, 1> eq4_tops_1 = {Top{1, 1, 1}};
constexpr std::array<Top, 1> eq4_tops_2 = {Top{2, 2, 2}};
constexpr std::array<std::span<const Top>, 3> eq1_tops = {eq1_tops_0, eq1_tops_1, eq1_tops_2};
constexpr std::array<std::span<const Top>, 2> eq2_tops = {eq2_tops_0, eq2_tops_1};
constexpr std::array<std::span<const Top>, 5> pair_tops = {pair_tops_00, pair_tops_01, pair_tops_10, pair_tops_11, pair_tops_21};
constexpr std::array<std::span<const Top>, 3> eq4_tops = {eq4_tops_0, eq4_tops_1, eq4_tops_2};

/// How many steps of severity each class is deep (specification, section 8.2).
constexpr std::array eq1_depths = {1, 4, 5}, eq4_depths = {6, 5, 4};
constexpr std::array eq2_depths = {1, 2};
constexpr std::array pair_depths = {7, 6, 8, 8, 10};

/// The steps from the first of a class's highest vectors that is nowhere below the vector.
int steps_below(const Ranks& ranks, std::span<const Metric> metrics, std::span<const Top> tops) {
  int steps = 0;
  for (const Top& top : tops) {
    bool above = true;
    steps = 0;
    for (size_t at = 0; at < metrics.size(); ++at) {
      const int step = ranks[metrics[at]] - top[at];
      above = above && step >= 0;
      steps += step;
    }
    if (above) break;
  }
  return steps;
}

constexpr std::array eq1_metrics = {AV, PR, UI};
constexpr std::array eq2_metrics = {AC, AT};
constexpr std::array pair_metrics = {VC, VI, VA, CR, IR, AR};
constexpr std::array eq4_metrics = {SC, SI, SA};

/// The score of the next lower pair of EQ3 and EQ6, the higher where there are two.
int lower_pair(Macrovector of) {
  const auto with = [&](int pair) {
    of.pair = pair;
    return of.score();
  };
  switch (of.pair) {
    case P00: return std::max(with(P01), with(P10));
    case P01:
    case P10: return with(P11);
    case P11: return with(P21);
    default: return -1;
  }
}

/// Ranks of AV to AR: modified metrics in place of their own, the worst where it is not defined.
Ranks effective(const std::array<int, max_cvss_metrics>& read) {
  Ranks out{};
  for (size_t at = AV; at <= SA; ++at) {
    const int modified = read[at + MAV - AV];
    const int undefined = at == AV ? 4 : at == AC || at == AT ? 2 : at >= SC ? 4 : 3;
    out[at] = modified >= 0 && modified != undefined ? modified : read[at];
  }
  for (size_t at = E; at <= AR; ++at) out[at] = read[at] >= 0 && read[at] != 3 ? read[at] : 0;
  return out;
}

}  // namespace

std::optional<double> cvss_4(std::string_view vector) {
  if (vector.find('-') != std::string_view::npos) return std::nullopt;  // stands in the table for a rank without a value
  const auto read = cvss_ranks(vector, metrics_4);
  if (!read) return std::nullopt;
  const Ranks ranks = effective(*read);
  if (ranks[VC] == 2 && ranks[VI] == 2 && ranks[VA] == 2 && ranks[SC] == 3 && ranks[SI] == 3 && ranks[SA] == 3) return 0;
  const Macrovector own = macrovector_of(ranks);
  const int score = own.score();
  const auto lower = [&](int Macrovector::*eq) {
    Macrovector next = own;
    ++(next.*eq);
    return next.score();
  };
  // Each class takes from the score its share of the way down to the next lower macrovector, as far as there is one.
  double fall = 0;
  int classes = 0;
  const auto take = [&](int next, int steps, int depth) {
    if (next < 0 || next > score) return;
    ++classes;
    fall += (score - next) * static_cast<double>(steps) / depth;
  };
  const auto index = [](int eq) { return static_cast<size_t>(eq); };
  take(lower(&Macrovector::eq1), steps_below(ranks, eq1_metrics, eq1_tops[index(own.eq1)]), eq1_depths[index(own.eq1)]);
  take(lower(&Macrovector::eq2), steps_below(ranks, eq2_metrics, eq2_tops[index(own.eq2)]), eq2_depths[index(own.eq2)]);
  take(lower_pair(own), steps_below(ranks, pair_metrics, pair_tops[index(own.pair)]), pair_depths[index(own.pair)]);
  take(lower(&Macrovector::eq4), steps_below(ranks, eq4_metrics, eq4_tops[index(own.eq4)]), eq4_depths[index(own.eq4)]);
  take(lower(&Macrovector::eq5), 0, 1);
  const double tenths = std::clamp(score - (classes == 0 ? 0 : fall / classes), 0.0, 100.0);
  return std::floor(tenths + 0.5 + 1e-5) / 10;
}

}  // namespace ashlar::advisory
