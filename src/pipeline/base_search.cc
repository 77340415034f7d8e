#include "pipeline/base_search.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace ashlar::pipeline {
namespace {

size_t common(std::span<const Digest> a, std::span<const Digest> b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::string_view place(KnownBase::From from) {
  return from == KnownBase::From::Selection ? "the selection" : from == KnownBase::From::Named ? "--base" : "the ledger";
}

std::string layers_text(size_t count) { return count == 1 ? "1 layer" : fmt::format("{} layers", count); }

/// What comes nearest to being its base, in words; empty: nothing has a layer in common with it.
std::string nearest_miss(std::span<const Digest> diff_ids, const std::string& platform, std::span<const KnownBase> known) {
  const std::set<Digest> own(diff_ids.begin(), diff_ids.end());
  const KnownBase* best = nullptr;
  size_t lowest = 0, anywhere = 0;
  for (const KnownBase& each : known) {
    if (each.platform != platform || each.diff_ids.empty()) continue;
    const size_t same = common(diff_ids, each.diff_ids);
    const size_t there = static_cast<size_t>(std::ranges::count_if(each.diff_ids, [&](const Digest& digest) { return own.contains(digest); }));
    if (there == 0 || (best != nullptr && std::tie(there, same) <= std::tie(anywhere, lowest))) continue;
    best = &each, lowest = same, anywhere = there;
  }
  if (best == nullptr) return {};
  const size_t all = best->diff_ids.size();
  if (anywhere == all) return fmt::format("all {} of '{}' are among its own, but not as its lowest ones in their order", layers_text(all), best->str());
  if (lowest == anywhere) return fmt::format("{} of the {} of '{}' are its lowest: it is built on a part of it, or on what that is built on", lowest, layers_text(all), best->str());
  return fmt::format("{} of the {} of '{}' are among its own", anywhere, layers_text(all), best->str());
}

std::string why_none(std::span<const Digest> diff_ids, const std::string& platform, std::span<const KnownBase> known) {
  if (diff_ids.empty()) return "it has no layers";
  const auto of_platform = static_cast<size_t>(std::ranges::count(known, platform, &KnownBase::platform));
  if (known.empty()) return "no base is known to compare its layers with: nothing is selected, published or named with --base";
  if (of_platform == 0) return fmt::format("no base is known for {}", platform);
  std::string out = fmt::format("none of the {} base{} known for {} is its lowest layers", of_platform, of_platform == 1 ? "" : "s", platform);
  if (std::string miss = nearest_miss(diff_ids, platform, known); !miss.empty()) return out + "; " + miss;
  return out + (diff_ids.size() == 1 ? "; it is one layer, as whoever squashes images makes them" : "; it has no layer in common with any of them");
}

}  // namespace

const KnownBase* newer_than(const KnownBase& base, std::span<const KnownBase> known) {
  const auto shares_tag = [&](const KnownBase& each) { return std::ranges::find_first_of(each.tags, base.tags) != each.tags.end(); };
  const KnownBase* newest = &base;
  for (const KnownBase& each : known) {
    if (each.repository == base.repository && shares_tag(each) && each.since.value_or(Time{}) > newest->since.value_or(Time{})) newest = &each;
  }
  const bool same = newest->digest == base.digest || (!base.diff_ids.empty() && newest->diff_ids == base.diff_ids);
  return same ? nullptr : newest;
}

BaseSearch find_base(std::span<const Digest> diff_ids, const std::string& platform, std::span<const KnownBase> known) {
  std::vector<const KnownBase*> fit;
  for (const KnownBase& each : known) {
    if (each.platform == platform && !each.diff_ids.empty() && common(diff_ids, each.diff_ids) == each.diff_ids.size()) fit.push_back(&each);
  }
  const auto rank = [](const KnownBase* each) {
    return std::tuple(each->from == KnownBase::From::Selection, each->diff_ids.size(), each->holds, each->from == KnownBase::From::Named, each->since.value_or(Time{}));
  };
  std::ranges::stable_sort(fit, [&](const KnownBase* a, const KnownBase* b) { return rank(a) > rank(b); });
  BaseSearch out;
  if (fit.empty()) {
    out.how = why_none(diff_ids, platform, known);
    return out;
  }
  out.base = fit.front();
  out.layers = out.base->diff_ids.size();
  out.is_base = out.layers == diff_ids.size();
  for (const KnownBase* each : fit) {
    if (each->diff_ids != out.base->diff_ids) out.also.push_back(each);
  }
  std::ranges::stable_sort(out.also, std::greater(), [](const KnownBase* each) { return each->diff_ids.size(); });
  const std::string of = fmt::format("of '{}', known from {}", out.base->str(), place(out.base->from));
  if (out.is_base) out.how = fmt::format("it has the {} {}, and none of its own", layers_text(out.layers), of);
  else if (out.layers == 1) out.how = fmt::format("its lowest layer is that {}", of);
  else out.how = fmt::format("its lowest {} are those {}", layers_text(out.layers), of);
  return out;
}

}  // namespace ashlar::pipeline
