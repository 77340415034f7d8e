#pragma once
// One cell of the outcome table out of what single images give.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "policy/outcomes.h"

namespace ashlar::policy {

/// What one image gives: how many, or how many of `whole`; or why nothing.
struct ImageFigure {
  std::optional<double> part{};
  std::optional<double> whole{};
  std::string words{};           ///< that show it of a single image in the place of the number, or behind a share
  bool whether = false;          ///< a single image is this or is not: its words are enough
  std::string source{}, lacks{};
};
using Measure = std::function<ImageFigure(const OutcomeImage&)>;

/// Counts become their mean of an image, shares the share of all images together. An image without evidence is named and counts for nothing; where all are such there is no figure.
OutcomeCell cell_of(const OutcomeSide& side, const Measure& measure);

OutcomeCell no_evidence(std::string why);
OutcomeCell measured(double value, std::string text, std::string source);
/// `3 of 27 (11.1%)`
std::string share_text(double part, double whole);
/// `12`, `12.4`: one digit behind the point where it is no whole number
std::string number_text(double value);
/// `critical`, ..., `unrated`
std::string severity_word(Severity severity);

/// The lines of each part of the table, in their order.
void add_image_lines(const OutcomeFacts& facts, std::vector<OutcomeLine>& out);
void add_ledger_lines(const OutcomeFacts& facts, Outcomes& out);
/// Open findings by owner and severity, each a vulnerability in a source package.
OutcomeCounts open_in(const scan::Report& report);

}  // namespace ashlar::policy
