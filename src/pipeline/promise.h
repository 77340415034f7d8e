#pragma once
// What a fleet promises for an image, and saying it of what is published (docs/formats/statements.md, `support`).
#include <optional>
#include <string>

#include "attest/support.h"
#include "pipeline/fleet.h"
#include "pipeline/workshop.h"
#include "policy/policy.h"
#include "trust/key.h"

namespace ashlar::pipeline {

/// Without the times at which it was said and published; none: nothing is promised.
std::optional<attest::SupportSaid> promise_of(const FleetImage& image, const policy::Policy& policy);

/// A digest of a promise, the same whenever it is said; empty: nothing is promised.
std::string promise_identity(const std::optional<attest::SupportSaid>& promise);

/// `supported from 2026-01-01 until 2028-06-30, made again every 7 days at the latest, patched by 'pci-dss'`; `nothing any more`
std::string in_words(const std::optional<attest::SupportSaid>& promise);

/// Says it of an image by its digest, published at `since`, on each of its platforms; where it lies there already nothing is signed. Where nothing is promised any more it says that support ends now.
Done say_promise(Workshop& workshop, const std::string& image, const FleetImage& of, const std::optional<attest::SupportSaid>& promise, Time since, const trust::PrivateKey& key);

}  // namespace ashlar::pipeline
